import { describe, expect, it } from '@jest/globals';
import express from 'express';
import { newPasskeyOwner, signInByPasskey } from '../../../test/support/clients/passkey.ts';
import { registerApi, registerClient } from '../../../test/support/clients/registered.ts';
import { redirectUri } from '../../../test/support/clients/pkce-login.ts';
import { fixture } from '../../../test/support/run/fixture.ts';
import { freePort } from '../../../test/support/run/free-port.ts';
import { serveLocally } from '../../../test/support/run/local-server.ts';
import { startService } from '../../../test/support/service/service.ts';
import { dpop, stepUpOf } from '../src/index.ts';
import { fetchWithStepUp } from '../src/session.ts';
import { requireAccessToken } from '../src/server/express.ts';
import { protectedResource } from '../src/server/index.ts';
import { clientOf } from './support/client.ts';
import { endUser } from './support/end-user.ts';

const responseWith = (challenge: string) =>
  new Response('', { status: 401, headers: { 'www-authenticate': challenge } });

describe('a login that an API asks for', () => {
  it.each([
    // Source: RFC 9470 §3: both of its examples.
    [
      'Bearer error="insufficient_user_authentication", error_description="A different authentication level is required", acr_values="myACR"',
      { acr_values: 'myACR' },
    ],
    [
      'Bearer error="insufficient_user_authentication", error_description="More recent authentication is required", max_age="5"',
      { max_age: '5' },
    ],
    [
      'DPoP error="insufficient_user_authentication", acr_values="phrh phr", max_age=60, Bearer scope="notes:read"',
      { acr_values: 'phrh phr', max_age: '60' },
    ],
    ['Bearer error="insufficient_user_authentication"', {}],
  ])('given the challenge %s, when it is read, then its parameters are those of a login', (challenge, parameters) => {
    expect(stepUpOf(responseWith(challenge))).toEqual({ parameters });
  });

  it.each([
    ['with another error', responseWith('Bearer error="invalid_token", acr_values="phr"')],
    ['with a challenge alone', responseWith('Bearer')],
    ['without a challenge', new Response('', { status: 401 })],
    ['with the error in its body', new Response('{"error":"insufficient_user_authentication"}', { status: 401 })],
  ])('given a response %s, when it is read, then no login is asked for', (_, response) => {
    expect(stepUpOf(response)).toBeUndefined();
  });

  it('given classes and an age, when a login begins, then they are in its request', async () => {
    const service = { url: 'https://login.example.com' };
    const metadata = {
      issuer: service.url,
      authorization_endpoint: `${service.url}/authorize`,
      token_endpoint: `${service.url}/token`,
      jwks_uri: `${service.url}/jwks`,
    };
    const client = clientOf(service, { fetch: async () => Response.json(metadata) });
    const challenge = 'Bearer error="insufficient_user_authentication", acr_values="phrh phr", max_age="60"';

    const url = new URL(await client.begin({ ...stepUpOf(responseWith(challenge)) }));

    expect(url.searchParams.get('acr_values')).toBe('phrh phr');
    expect(url.searchParams.get('max_age')).toBe('60');
  });
});

describe('an API that requires a recent login, or one by passkey', () => {
  const service = fixture(startService);
  const api = fixture(async () => {
    const port = await freePort();
    const identifier = `http://localhost:${port}`;
    const { clientId } = await registerClient(service, { redirectUris: [redirectUri] });
    await registerApi(service, { identifier });
    const now = () => service.clock.now();
    const notes = protectedResource({ issuer: service.url, resource: identifier, now });
    const app = express();
    const seen: string[] = [];
    app.use((request, _response, next) => {
      seen.push(request.path);
      next();
    });
    app.get('/notes', requireAccessToken(notes, { scopes: ['notes:read'], maxAge: 10 }), (_request, response) => {
      response.json(['a note']);
    });
    app.post('/notes', requireAccessToken(notes, { maxAge: 10 }), (_request, response) => {
      response.status(201).end();
    });
    app.get('/secret', requireAccessToken(notes, { acr: 'phr', maxAge: 60 }), (_request, response) => {
      response.json(['a secret']);
    });
    return { ...(await serveLocally(app, { host: 'localhost', port })), identifier, clientId, seen };
  });

  it.each([
    ['bearer tokens', undefined],
    ['tokens that are bound to a key', dpop({ now: () => service.clock.now() })],
  ])(
    'given a client with %s, when its login is too old, then a new one lets it repeat the request',
    async (_, proofs) => {
      const client = clientOf(service, {
        clientId: api.clientId,
        scope: 'openid offline_access notes:read',
        resource: api.identifier,
        dpop: proofs,
        now: () => service.clock.now(),
        // Each time a browser in which the end-user logs in anew.
        browser: (url) => endUser(service)(url),
      });
      await client.login();
      const first = await client.fetch(`${api.identifier}/notes`);
      // Less than what an ID token's iat may be ahead of the response's own time.
      service.clock.advance(20_000);
      api.seen.length = 0;

      const refused = await client.fetch(`${api.identifier}/notes`);
      const requests = api.seen.length;
      const stepUp = stepUpOf(refused);
      await client.login({ ...stepUp });
      const repeated = await client.fetch(`${api.identifier}/notes`);

      expect([first.status, refused.status, repeated.status]).toEqual([200, 401, 200]);
      expect(stepUp).toEqual({ parameters: { max_age: '10' } });
      expect(await repeated.json()).toEqual(['a note']);
      // No refresh, which would not help.
      expect(requests).toBe(1);
    },
  );

  it('given a login by password, when the API asks for one by passkey, then a passkey lets the client repeat the request', async () => {
    const { authenticator, user } = await newPasskeyOwner(service);
    const browser = endUser(service);
    const client = clientOf(service, {
      clientId: api.clientId,
      scope: 'openid notes:read',
      resource: api.identifier,
      now: () => service.clock.now(),
      browser: async (url) => {
        if (!url.includes('acr_values=phr')) return browser(url);
        const page = await signInByPasskey(service, authenticator, new URL(url).search.slice(1));
        const callback = await page.browser.fetch(page.answer.headers.get('location') ?? 'missing:location');
        return callback.headers.get('location') ?? undefined;
      },
    });
    await client.login();
    const refused = await client.fetch(`${api.identifier}/secret`);

    const finished = await client.login({ ...stepUpOf(refused) });
    const repeated = await client.fetch(`${api.identifier}/secret`);

    expect([refused.status, repeated.status]).toEqual([401, 200]);
    expect(finished?.tokens.claims).toMatchObject({ sub: user.id, acr: 'phr' });
  });

  /** A client that has logged in, whose login is too old by now; `next` is what its browser does then. */
  async function outdated(next: (url: string) => Promise<string | undefined>) {
    let browser: (url: string) => Promise<string | undefined> = endUser(service);
    const client = clientOf(service, {
      clientId: api.clientId,
      scope: 'openid offline_access notes:read',
      resource: api.identifier,
      now: () => service.clock.now(),
      browser: (url) => browser(url),
    });
    await client.login();
    service.clock.advance(20_000);
    api.seen.length = 0;
    browser = next;
    return client;
  }
  const notes = () => `${api.identifier}/notes`;

  describe('and a client that logs in by itself', () => {
    it.each([
      ['a URL', () => notes()],
      ['a request', () => new Request(notes(), { headers: { 'x-sent': 'twice' } })],
    ])('given %s, when the API asks for a login, then it is sent again after it', async (_, input) => {
      const client = await outdated((url) => endUser(service)(url));

      const response = await fetchWithStepUp(client, input());

      expect(response.status).toBe(200);
      expect(api.seen).toEqual(['/notes', '/notes']);
    });

    it('given a login that does not come back, when it was asked for, then the response of the API is', async () => {
      const client = await outdated(async () => undefined);

      expect((await fetchWithStepUp(client, notes())).status).toBe(401);
      expect(api.seen).toEqual(['/notes']);
    });

    it('given somebody else who logs in, when the request would be sent again, then it is not', async () => {
      const { authenticator } = await newPasskeyOwner(service);
      const client = await outdated(async (url) => {
        const page = await signInByPasskey(service, authenticator, new URL(url).search.slice(1));
        const callback = await page.browser.fetch(page.answer.headers.get('location') ?? 'missing:location');
        return callback.headers.get('location') ?? undefined;
      });

      expect((await fetchWithStepUp(client, notes())).status).toBe(401);
      expect(api.seen).toEqual(['/notes']);
    });

    it('given a body that can only be sent once, when the API asks for a login, then none begins', async () => {
      const urls: string[] = [];
      const client = await outdated(async (url) => void urls.push(url) as undefined);
      const body = new Response('a note').body;

      const response = await fetchWithStepUp(client, notes(), { method: 'POST', body, duplex: 'half' } as RequestInit);

      expect([response.status, urls]).toEqual([401, []]);
    });
  });
});
