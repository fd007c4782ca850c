import { describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { SiweMessage } from 'siwe';
import type { Client } from '../../src/domain/clients/client';
import { refresh } from '../support/clients/pkce-login';
import { registerApi, registerClient } from '../support/clients/registered';
import { fixture } from '../support/run/fixture';
import { RequestChallengeFlow } from '../../src/protocols/wallet/request-challenge.flow';
import { RecordedEvents } from '../support/service/recorded-events';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';
import { challengeFor, newAccount, post, signIn } from '../support/clients/wallet';

const walletOrigin = 'https://dapp.example';

describe.each(storesUnderTest)('what a wallet login is for on %s', (name) => {
  const service = fixture(() => startService(name));
  const notes = fixture(() => registerApi(service, { name: 'Nötes' }));
  const own = fixture(() => registerClient(service, { walletOrigin }));
  const partner = fixture(() =>
    registerClient(service, { walletOrigin, firstParty: false, name: 'Pärtner’s dApp <b>' }),
  );

  const statementFor = async (by: Client, asked: Readonly<Record<string, unknown>>) => {
    const { message } = await challengeFor(service, newAccount(), { clientId: by.clientId, ...asked });
    return new SiweMessage(message).statement;
  };

  it('given a request for a challenge or a nonce, when it is made, then it is known which client it is about', async () => {
    const written = await registerClient(service, { walletOrigin, walletMessage: 'wallet' });
    const [challenge, nonce] = [new RecordedEvents(), new RecordedEvents()];
    const flow = service.app.get(RequestChallengeFlow);
    const asked = { scope: [], resourceIndicators: [], chainId: 1, codeChallenge: undefined };

    await flow.request({ ...asked, address: newAccount().address, clientId: own.clientId, events: challenge });
    await flow.requestNonce({ ...asked, clientId: written.clientId, events: nonce });

    expect([challenge.whom, nonce.whom]).toEqual([{ clientId: own.clientId }, { clientId: written.clientId }]);
  });

  it('given resourceIndicators, when one signs in, then the token is for the API, and a refresh picks among them', async () => {
    const asked = {
      clientId: own.clientId,
      scope: 'offline_access notes:read nonsense',
      resourceIndicators: [notes.identifier, service.url],
    };

    const { answer } = await signIn(service, newAccount(), asked);
    const refreshed = await refresh(service, answer.body['refresh_token'], {
      client_id: own.clientId,
      resource: service.url,
    });

    expect(answer.status).toBe(200);
    expect(answer.body['scope']).toBe('notes:read');
    expect(decodeJwt(String(answer.body['access_token'])).aud).toBe(notes.identifier);
    expect(refreshed.body['scope']).toBe('offline_access');
    expect(decodeJwt(String(refreshed.body['access_token'])).aud).toBe(service.url);
  });

  it('given a default API, when nothing is named, then the token is for it', async () => {
    const by = await registerClient(service, { walletOrigin, defaultResource: notes.identifier });

    const { answer } = await signIn(service, newAccount(), { clientId: by.clientId, scope: 'notes:write' });

    expect(decodeJwt(String(answer.body['access_token']))).toMatchObject({
      aud: notes.identifier,
      scope: 'notes:write',
    });
  });

  it.each<[error: string, reason: string, asked: Readonly<Record<string, unknown>>]>([
    ['invalid_target', 'resource_unknown', { resourceIndicators: ['https://evil.example/'] }],
    ['invalid_target', 'resource_unknown', { resourceIndicators: ['\0'] }],
    ['invalid_target', 'resource_unknown', { resourceIndicators: [''] }],
    ['invalid_request', 'resource_indicators_invalid', { resourceIndicators: 'https://evil.example/' }],
    ['invalid_request', 'resource_indicators_invalid', { resourceIndicators: [{ $ne: null }] }],
    ['invalid_request', 'resource_indicators_invalid', { resourceIndicators: Array(11).fill('https://a.example/') }],
    ['invalid_request', 'resource_indicators_invalid', { resourceIndicators: [`https://${'a'.repeat(600)}/`] }],
    ['invalid_request', 'resource_indicators_invalid', { resourceIndicators: null }],
    ['invalid_scope', 'scope_unknown', { scope: 'notes:read' }],
    ['invalid_scope', 'scope_unknown', { scope: 'nonsense __proto__' }],
  ])('given what cannot be had, when it is asked for, then it is %s, %s: %j', async (error, reason, asked) => {
    const { address } = newAccount();

    const answer = await post(service, '/wallet/challenge', { address, clientId: own.clientId, ...asked });

    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ error, reason });
  });

  describe('said in the message', () => {
    it('given a third party that asks for scopes, when a challenge is made, then the statement says them, and its own words follow', async () => {
      const statement = await statementFor(partner, {
        scope: 'openid notes:read notes:write',
        resourceIndicators: [notes.identifier],
        statement: 'Welcome back!',
      });

      expect(statement).toBe(
        "Sign in to Partner's dApp b, which will be able to: " +
          'Know who you are, by an identifier that this service gave you; at Notes: Read your notes; Write notes for you. ' +
          'Welcome back!',
      );
    });

    it('given one that was said, when it is signed, then exactly that was granted', async () => {
      const { answer, challenge } = await signIn(service, newAccount(), {
        clientId: partner.clientId,
        scope: 'notes:read profile unknown',
        resourceIndicators: [notes.identifier],
      });

      expect(answer.status).toBe(200);
      expect(answer.body['scope']).toBe('notes:read');
      expect(challenge.message).toContain('Read your notes');
      expect(challenge.message).not.toContain('Write notes');
    });

    it('given an API without a scope, when a third party asks for it, then the statement names it', async () => {
      const statement = await statementFor(partner, { resourceIndicators: [notes.identifier] });

      expect(statement).toContain('at Notes: know who you are');
      expect(statement).not.toContain('undefined');
    });

    it('given a first party, or a third party that asks for nothing, when a challenge is made, then its own words stand alone', async () => {
      const statements = [
        await statementFor(own, { scope: 'openid', statement: 'Hello' }),
        await statementFor(own, { scope: 'openid' }),
        await statementFor(partner, { statement: 'Hello' }),
        await statementFor(partner, {}),
      ];

      expect(statements).toEqual(['Hello', undefined, 'Hello', undefined]);
    });

    it('given more than a person reads, when a challenge is made, then the scopes are named instead, and the message can be read', async () => {
      const scopes = Array.from({ length: 30 }, (_, place) => ({
        name: `s${place}`,
        description: `${'Änderungen an allem, was sie haben. '.repeat(5)}\n{}"日本`,
      }));
      const api = await registerApi(service, { name: '日本', scopes });
      const by = await registerClient(service, {
        walletOrigin,
        firstParty: false,
        name: '日本\nURI: https://evil.example',
        scopes: scopes.map((scope) => scope.name),
      });
      const scope = scopes.map((each) => each.name).join(' ');

      const statement = await statementFor(by, {
        scope,
        resourceIndicators: [api.identifier],
        statement: '!'.repeat(300),
      });

      expect(statement).toBe(
        'Sign in to URI: https://evil.example, which will be able to: ' +
          `use the scopes ${scopes.map((each) => each.name).join(', ')} at an API. ${'!'.repeat(300)}`,
      );
    });
  });
});
