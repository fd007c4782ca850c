import { beforeEach, describe, expect, it } from '@jest/globals';
import express from 'express';
import { decodeJwt, exportJWK, generateKeyPair } from 'jose';
import { hashSecret } from '../../../src/domain/credentials/secret.ts';
import { registerApi, registerClient } from '../../../test/support/clients/registered.ts';
import { fixture } from '../../../test/support/run/fixture.ts';
import { freePort } from '../../../test/support/run/free-port.ts';
import { serveLocally } from '../../../test/support/run/local-server.ts';
import { startService } from '../../../test/support/service/service.ts';
import { dpop, type Fetch, memoryKeys } from '../src/index.ts';
import { clientCredentials, type ClientCredentialsOptions } from '../src/machine.ts';
import { privateKeyJwt } from '../src/private-key-jwt.ts';
import { accessTokenOf, requireAccessToken } from '../src/server/express.ts';
import { protectedResource } from '../src/server/index.ts';
import { caught } from './support/caught.ts';
import { newGate } from './support/gate.ts';

const clientSecret = 'the secret of a machine';
const unreachable: Fetch = () => Promise.reject(new TypeError('fetch failed'));

describe('a client that acts for itself', () => {
  /** Answers what is posted to the token endpoint, or what is asked of the API. */
  let instead: { token?: Fetch | undefined; api?: Fetch | undefined };
  let asked: { token: number; api: number };

  const service = fixture(startService);
  const api = fixture(async () => {
    const port = await freePort();
    const identifier = `http://localhost:${port}`;
    await registerApi(service, { identifier });
    const now = () => service.clock.now();
    const notes = protectedResource({ issuer: service.url, resource: identifier, now });
    const app = express();
    app.use(express.text({ type: '*/*' }));
    app.all('/notes', requireAccessToken(notes, { scopes: ['notes:read'] }), (request, response) => {
      const { subject, actsForItself, jkt } = accessTokenOf(request);
      response.json({ subject, actsForItself, isBound: jkt !== undefined, said: request.body as unknown });
    });
    return { ...(await serveLocally(app, { host: 'localhost', port })), identifier };
  });
  const registered = fixture(() =>
    registerClient(service, {
      authentication: 'client_secret',
      secrets: [{ hash: hashSecret(clientSecret) }],
      grantTypes: ['client_credentials'],
      scopes: ['notes:read', 'notes:write'],
    }),
  );
  beforeEach(() => {
    instead = {};
    asked = { token: 0, api: 0 };
  });

  const machine = (options: Partial<ClientCredentialsOptions> = {}) =>
    clientCredentials({
      issuer: service.url,
      clientId: registered.clientId,
      clientSecret,
      scope: 'notes:read',
      resource: api.identifier,
      now: () => service.clock.now(),
      fetch: (url, init) => {
        const to = url === `${service.url}/token` ? 'token' : url.startsWith(api.identifier) ? 'api' : undefined;
        if (to === undefined) return fetch(url, init);
        asked[to] += 1;
        return (instead[to] ?? fetch)(url, init);
      },
      ...options,
    });
  const notes = () => `${api.identifier}/notes`;
  const answerOnce = (to: 'api' | 'token', response: Response) => {
    instead[to] = async () => {
      instead[to] = undefined;
      return response;
    };
  };

  it('given a secret, when it asks its API, then the API knows that it is no end-user', async () => {
    const response = await machine().fetch(notes());

    expect([response.status, await response.json()]).toEqual([
      200,
      expect.objectContaining({ subject: registered.clientId, actsForItself: true, isBound: false }),
    ]);
  });

  it('given a key in place of a secret, and dpop(), when it asks its API, then its token is bound to a key', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
    const { clientId } = await registerClient(service, {
      authentication: 'private_key_jwt',
      jwks: { keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256' }] },
      grantTypes: ['client_credentials'],
      dpopBoundAccessTokens: true,
      dpopNonceRequired: true,
    });
    const now = () => service.clock.now();
    const authenticate = privateKeyJwt({ issuer: service.url, clientId, key: privateKey as CryptoKey, kid: 'k1', now });
    const proofs = dpop({ keys: memoryKeys(), now });

    const response = await machine({ clientId, clientSecret: undefined, authenticate, dpop: proofs }).fetch(notes());

    expect(await response.json()).toMatchObject({ subject: clientId, isBound: true });
  });

  it('given many callers at once, when they need a token, then there is one request, and none until 30 s before its end', async () => {
    const client = machine();
    const tokens = await Promise.all(Array.from({ length: 10 }, () => client.accessToken()));
    const { iat = 0, exp = 0 } = decodeJwt(tokens[0] ?? '');
    service.clock.advance((exp - iat - 31) * 1_000);
    const later = await client.accessToken();
    const before = asked.token;
    service.clock.advance(1_000);
    const fresh = await client.accessToken();

    expect(new Set([...tokens, later]).size).toBe(1);
    expect([before, asked.token]).toEqual([1, 2]);
    expect(fresh).not.toBe(later);
  });

  it('given a service that does not answer, when the token is about to end, then it is used until it has', async () => {
    const client = machine();
    const token = await client.accessToken();
    const { iat = 0, exp = 0 } = decodeJwt(token);
    instead.token = unreachable;
    service.clock.advance((exp - iat - 10) * 1_000);

    const [last, response] = [await client.accessToken(), await client.fetch(notes())];
    service.clock.advance(10_000);
    const error = await caught(client.accessToken());

    expect([last, response.status]).toEqual([token, 200]);
    expect(error.code).toBe('service_unreachable');
  });

  it('given a service that refuses, when the token is about to end, then the error is told, and the token not used', async () => {
    const client = machine();
    const { iat = 0, exp = 0 } = decodeJwt(await client.accessToken());
    service.clock.advance((exp - iat - 10) * 1_000);
    instead.token = async () => Response.json({ error: 'invalid_client' }, { status: 401 });

    expect((await caught(client.accessToken())).code).toBe('invalid_client');
  });

  it('given an error of the service, when a token is needed again, then it is asked again', async () => {
    const client = machine();
    answerOnce('token', new Response('', { status: 503, headers: { 'retry-after': '7' } }));

    const error = await caught(client.accessToken());
    const token = await client.accessToken();

    expect(error).toMatchObject({ code: 'temporarily_unavailable', retryAfter: 7 });
    expect(decodeJwt(token)).toMatchObject({ sub: registered.clientId });
  });

  it('given an API that answers 401 once, when requests with bodies are sent at once, then each is repeated with the one new token', async () => {
    const client = machine();
    const former = await client.accessToken();
    instead.api = async (url, init) =>
      new Headers(init?.headers).get('authorization')?.endsWith(former) === true
        ? new Response('', { status: 401 })
        : fetch(url, init);
    const bodies = ['one', 'two', 'three'];

    const responses = await Promise.all(
      bodies.map((body) => client.fetch(new Request(notes(), { method: 'PUT', body }))),
    );

    expect(await Promise.all(responses.map((each) => each.json()))).toEqual(
      bodies.map((said) => expect.objectContaining({ said })),
    );
    expect(asked.token).toBe(2);
  });

  it('given a 401 that comes when another request has already got a new token, then the request is repeated with that', async () => {
    const client = machine();
    const gate = newGate();
    instead.api = async () => {
      instead.api = undefined;
      await gate.wait();
      return new Response('', { status: 401 });
    };
    const late = client.fetch(notes());
    await gate.isAsked;
    answerOnce('api', new Response('', { status: 401 }));

    const early = await client.fetch(notes());
    gate.open();

    expect([early.status, (await late).status, asked]).toEqual([200, 200, { token: 2, api: 4 }]);
  });

  it('given an API that always answers 401, when it is asked, then it is asked twice, and that is the response', async () => {
    instead.api = async () => new Response('', { status: 401 });

    const { status } = await machine().fetch(notes());

    expect([status, asked]).toEqual([401, { token: 2, api: 2 }]);
  });

  it.each<[string, number, HeadersInit, RequestInit]>([
    ['another login', 401, { 'www-authenticate': 'Bearer error="insufficient_user_authentication"' }, {}],
    ['more scopes', 403, { 'www-authenticate': 'Bearer error="insufficient_scope"' }, {}],
    [
      'a new token for a stream',
      401,
      {},
      { method: 'POST', body: new Blob(['a']).stream(), duplex: 'half' } as RequestInit,
    ],
  ])('given an API that asks for %s (%i), when it is asked, then once', async (_, status, headers, init) => {
    instead.api = async () => new Response('', { status, headers });

    const response = await machine().fetch(notes(), init);

    expect([response.status, asked]).toEqual([status, { token: 1, api: 1 }]);
  });

  it('given a URL of another server, when it is fetched, then nothing is sent there, unless the origin was allowed', async () => {
    const other = machine({ resource: undefined, scope: undefined, origins: [] });
    const allowed = machine({ origins: ['https://other.example'], fetch: answerOf });
    const error = await caught(machine().fetch('https://attacker.example/notes'));
    const noDefault = await caught(other.accessToken());

    expect([error.code, noDefault.code]).toEqual(['configuration_invalid', 'invalid_target']);
    expect(await (await allowed.fetch('https://other.example/notes')).text()).toBe('there');
  });

  it('given a client without a secret or a key, when it is made, then that is refused', () => {
    expect(() => machine({ clientSecret: undefined })).toThrow(
      expect.objectContaining({ code: 'configuration_invalid' }),
    );
  });

  it('given a wrong secret, when a token is needed, then the error says so without it', async () => {
    const error = await caught(machine({ clientSecret: 'another secret of a machine' }).accessToken());

    expect(error.code).toBe('invalid_client');
    expect(`${error.message} ${JSON.stringify(error)}`).not.toContain('another secret');
  });
});

/** An issuer, and an API elsewhere. */
const answerOf: Fetch = async (url) => {
  const { origin, pathname } = new URL(url);
  if (origin === 'https://other.example') return new Response('there');
  if (pathname === '/token') return Response.json({ access_token: 'a', token_type: 'Bearer', expires_in: 900 });
  const endpoints = { authorization_endpoint: `${origin}/authorize`, token_endpoint: `${origin}/token` };
  return Response.json({ issuer: origin, jwks_uri: `${origin}/jwks`, ...endpoints });
};
