import { describe, expect, it } from '@jest/globals';
import { ChallengeStore } from '../../src/domain/challenges/challenge-store';
import type { OpenedRequest } from '../../src/domain/challenges/challenge';
import type { Session } from '../../src/domain/challenges/session';
import type { Client } from '../../src/domain/clients/client';
import { ClientStore } from '../../src/domain/clients/client-store';
import { ClientUses } from '../../src/domain/clients/client-uses';
import { hashSecret, newId, newSecret } from '../../src/domain/credentials/secret';
import { Parameters } from '../../src/platform/http/parameters';
import { ConsentStore } from '../../src/protocols/login/consent-store';
import { PushedRequests } from '../../src/protocols/login/pushed-requests';
import { SessionStore } from '../../src/protocols/login/session-store';
import { AuthorizeFlow, type SentRequest } from '../../src/protocols/oauth/authorize.flow';
import { fixture } from '../support/run/fixture';
import { RecordedEvents } from '../support/service/recorded-events';
import { openEmptyStore, portOf } from '../support/stores/open-empty-store';
import { bothStores } from '../support/stores/stores';

const client: Client = {
  clientId: 'a-client',
  name: 'A client',
  authentication: 'none',
  redirectUris: ['https://client.example/cb'],
  firstParty: true,
  scopes: ['openid', 'profile'],
  idTokenAlgorithm: 'RS256',
  demo: false,
};
const sub = 'a user';
const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

const asked = (more: Partial<SentRequest> = {}): SentRequest => ({
  client,
  redirectUri: 'https://client.example/cb',
  state: undefined,
  codeChallenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  scope: ['openid'],
  oidcNonce: undefined,
  dpopJkt: undefined,
  prompt: [],
  maxAge: undefined,
  acrValues: undefined,
  ...more,
});

const opened = (createdAt: number): OpenedRequest => ({
  kind: 'opened_request',
  id: newSecret(),
  clientId: client.clientId,
  request: 'prompt=login',
  browser: 'a browser',
  createdAt,
  expiresAt: createdAt + 60_000,
});

class TracedEvents extends RecordedEvents {
  override readonly trace = trace;
}

describe.each(bothStores)('the authorization of a session on %s', (name) => {
  const stores = fixture(() => openEmptyStore(name));
  const challenges = portOf(stores, ChallengeStore);
  const sessions = portOf(stores, SessionStore);
  const consents = portOf(stores, ConsentStore);
  const flow = fixture(() => {
    const { config, clock } = stores;
    const pushed = new PushedRequests(challenges, clock);
    const uses = new ClientUses(config, clock, stores.get(ClientStore));
    return new AuthorizeFlow(config, clock, challenges, consents, pushed, sessions, uses);
  });

  /** A session that is in the store. */
  async function begun(more: Partial<Session> = {}): Promise<Session> {
    const now = stores.clock.now();
    const authentication = { sub, amr: ['pwd'], authTime: Math.floor(now / 1000) };
    const session = { id: newId(), authentication, createdAt: now, expiresAt: now + 3_600_000, ...more };
    await sessions.begin(session);
    return session;
  }

  /** The code that the session gets for the request, as stored. */
  async function codeOf(request: SentRequest, session: Session, events = new RecordedEvents()) {
    const step = await flow.authorize(request, session, events);
    if (step.step !== 'redirect') throw new Error(step.step);
    const code = new URL(step.location).searchParams.get('code') ?? '';
    return challenges.find('authorization_code', hashSecret(code));
  }
  const stepOf = async (request: SentRequest, session: Session) =>
    (await flow.authorize(request, session, new RecordedEvents())).step;

  it('given a request, when it becomes a code, then the code has its nonce and key, and the end and trace that were known', async () => {
    const session = await begun({
      accessEnds: [
        { clientId: client.clientId, id: 'the first end' },
        { clientId: client.clientId, id: 'the latest end' },
      ],
    });

    const code = await codeOf(asked({ oidcNonce: 'a nonce', dpopJkt: 'a thumbprint' }), session, new TracedEvents());
    const bare = await codeOf(asked(), await begun());

    expect(code).toMatchObject({
      oidcNonce: 'a nonce',
      dpopJkt: 'a thumbprint',
      accessEnd: 'the latest end',
      trace,
    });
    for (const field of ['oidcNonce', 'dpopJkt', 'accessEnd', 'trace', 'audience'])
      expect(bare).not.toHaveProperty(field);
  });

  it('given acr_values=phr, when the session has no passkey, then it is asked to log in, and goes on with one', async () => {
    const { authentication } = await begun();
    const byPasskey = await begun({ authentication: { ...authentication, amr: ['pop'], acr: 'phr' } });

    expect(await stepOf(asked({ acrValues: 'phr' }), await begun())).toBe('login');
    expect(await stepOf(asked({ acrValues: 'phr' }), byPasskey)).toBe('redirect');
    expect(await stepOf(asked({ acrValues: 'other' }), await begun())).toBe('redirect');
  });

  it.each([
    [undefined, 600, 'redirect'],
    [60, 60, 'redirect'],
    [60, 61, 'login'],
    [0, 0, 'login'],
  ])('given max_age=%s, when the login was %i s ago, then it is a %s', async (maxAge, age, step) => {
    await stores.clock.standStill(async () => {
      const session = await begun();
      const authTime = session.authentication.authTime - age;
      const aged = { ...session, authentication: { ...session.authentication, authTime } };

      expect(await stepOf(asked({ maxAge }), aged)).toBe(step);
    });
  });

  it('given a pushed request with prompt=login, when the session began with its opening or later, then that is the login', async () => {
    const session = await begun();
    const shown = async (createdAt: number) => {
      const record = opened(createdAt);
      await challenges.save(record);
      return asked({
        prompt: ['login'],
        pushed: { record, browser: 'a browser', parameters: Parameters.parse('a=b') },
      });
    };

    expect(await stepOf(await shown(session.createdAt), session)).toBe('redirect');
    expect(await stepOf(await shown(session.createdAt + 1), session)).toBe('login');
    expect(await stepOf(asked({ prompt: ['login'] }), session)).toBe('login');
  });

  it('given a client with back-channel logout, when it gets codes, then the session lists it once, and no other client', async () => {
    const session = await begun({ clients: [{ sid: 'a replaced session', clientId: client.clientId }] });
    const notified = { ...client, backchannelLogoutUri: 'https://client.example/out' };

    await codeOf(asked(), session);
    const before = (await sessions.find(session.id, stores.clock.now()))?.clients;
    for (let logins = 0; logins < 2; logins += 1) {
      const current = await sessions.find(session.id, stores.clock.now());
      if (current !== undefined) await codeOf(asked({ client: notified }), current);
    }

    expect(before).toEqual(session.clients);
    expect((await sessions.find(session.id, stores.clock.now()))?.clients).toEqual([
      { sid: 'a replaced session', clientId: client.clientId },
      { sid: session.id, clientId: client.clientId },
    ]);
  });

  it('given a third party, when consent is asked and given, then the events name both, and what is kept has each scope where it counts', async () => {
    const session = await begun();
    const events = new RecordedEvents();
    const resources = [
      { identifier: 'https://api.example/', scope: ['read'] },
      { identifier: stores.config.issuer, scope: ['openid'] },
    ];
    const request = asked({
      client: { ...client, firstParty: false },
      scope: ['openid', 'read'],
      audience: { together: true, resources },
    });

    const { step } = await flow.authorize(request, session, events);
    await flow.consent(request, session, events);

    const whom = { clientId: client.clientId, sub };
    expect(step).toBe('consent');
    expect(events.all).toMatchObject([
      { type: 'consent_asked', ...whom },
      { type: 'consent_given', ...whom },
      { type: 'code_issued', ...whom },
    ]);
    expect(await consents.find(sub, client.clientId, stores.clock.now())).toMatchObject({
      scope: ['openid'],
      resources: [{ identifier: 'https://api.example/', scope: ['read'] }],
    });
    expect(await stepOf(request, session)).toBe('redirect');
  });
});
