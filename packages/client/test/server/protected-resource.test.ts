import { describe, expect, it } from '@jest/globals';
import { decodeJwt, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { admin, adminToken } from '../../../../test/support/operations/admin.ts';
import { type DpopKey, newDpopKey } from '../../../../test/support/clients/dpop.ts';
import { codeFor, loggedIn, redeem } from '../../../../test/support/clients/pkce-login.ts';
import { fixture, fixtureOfEach } from '../../../../test/support/run/fixture.ts';
import { startService } from '../../../../test/support/service/service.ts';
import {
  introspection,
  keyedDpopNonces,
  ProcessReplayMemory,
  type ProtectedResource,
  protectedResource,
  ResourceError,
} from '../../src/server/index.ts';
import { testApi } from './api.ts';

const service = fixture(() => startService('lmdb', { ADMIN_TOKEN: adminToken }));
const api = fixture(() => testApi(service));
const key = fixture(() => newDpopKey(service.clock));
const notes = fixtureOfEach(() => api.resource());

const get = (headers: Readonly<Record<string, string | string[]>>, url = '/notes') => ({ method: 'GET', url, headers });

/** The error that a request is answered with. */
async function refusal(work: Promise<unknown>): Promise<ResourceError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ResourceError)) throw new Error('it was served', { cause: error });
  return error;
}

const bearer = async (resource: ProtectedResource, token: string) =>
  refusal(resource.authorize(get({ authorization: `Bearer ${token}` })));

/** Of a login at demo-spa. */
async function newIdToken(): Promise<string> {
  const { body } = await redeem(service, await codeFor(service, await loggedIn(service)));
  return String(body['id_token']);
}

/** The same claims, signed by a key of somebody else. */
async function forgedOf(genuine: string, bringsKey: boolean): Promise<string> {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk = bringsKey ? { jwk: await exportJWK(publicKey) } : {};
  return new SignJWT(decodeJwt(genuine)).setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', ...jwk }).sign(privateKey);
}

async function revoke(token: string): Promise<void> {
  const body = new URLSearchParams({ token, client_id: api.clientId });
  const { status } = await fetch(`${service.url}/revoke`, { method: 'POST', body });
  if (status !== 200) throw new Error(`not revoked: ${status}`);
}

/** The API, which introspects with a secret of its own unless it is given another. */
async function introspecting(changes: { readonly clientSecret?: string } = {}): Promise<ProtectedResource> {
  const { body } = await admin(service, 'POST', `/apis/${api.id}/secret`);
  const [clientId, clientSecret] = [String(body['client_id']), String(body['client_secret'])];
  return api.resource({ introspect: introspection({ issuer: service.url, clientId, clientSecret, ...changes }) });
}

describe('an access token', () => {
  it('given one of the service, when it is verified, then it says whose, for whom and what for', async () => {
    const token = await api.accessToken({ scope: 'notes:read notes:write' });

    const { accessToken } = await notes.authorize(get({ authorization: `bearer ${token}` }), {
      scopes: ['notes:write'],
    });

    const { sub, client_id: clientId, exp } = decodeJwt(token);
    expect(accessToken).toMatchObject({ subject: sub, clientId, expiresAt: exp, jkt: undefined });
    expect(accessToken.scopes).toEqual(['notes:read', 'notes:write']);
  });

  it('given a request of the Fetch standard, when it shows the token, then it is served', async () => {
    const request = new Request(`${api.origin}/notes`, {
      headers: { authorization: `Bearer ${await api.accessToken()}` },
    });

    const { accessToken } = await notes.authorize(request, { scopes: ['notes:read'] });

    expect(accessToken.scopes).toEqual(['notes:read']);
  });

  it('given one for another API, when it is shown, then it is access_token_invalid', async () => {
    const token = await api.accessToken({ scope: 'openid', audience: service.url });

    expect(await bearer(notes, token)).toMatchObject({ statusCode: 401, reason: 'access_token_invalid' });
  });

  it('given one that expired, when it is shown, then it is access_token_expired', async () => {
    const token = await api.accessToken();
    service.clock.advance(901_000 + 5_000);

    expect(await bearer(notes, token)).toMatchObject({ statusCode: 401, reason: 'access_token_expired' });
  });

  it.each<[string, (genuine: string) => string | Promise<string>]>([
    [
      'whose signature was changed',
      (genuine) => genuine.replace(/\.(.)([^.]*)$/, (_, first, rest) => `.${first === 'A' ? 'B' : 'A'}${rest}`),
    ],
    ['signed by a key that is not of its issuer', (genuine) => forgedOf(genuine, false)],
    ['signed by a key that it brings along', (genuine) => forgedOf(genuine, true)],
  ])('given one %s, when it is shown, then it is access_token_invalid', async (_, forged) => {
    expect(await bearer(notes, await forged(await api.accessToken()))).toMatchObject({
      reason: 'access_token_invalid',
    });
  });

  it('given the ID token of a login, when it is shown, then it is access_token_invalid', async () => {
    const asClient = protectedResource({ issuer: service.url, resource: 'demo-spa', now: () => service.clock.now() });
    const idToken = await newIdToken();

    expect(await bearer(asClient, idToken)).toMatchObject({ reason: 'access_token_invalid' });
  });

  it('given two headers Authorization, when they are sent, then it is access_token_repeated', async () => {
    const authorization = `Bearer ${await api.accessToken()}`;

    const error = await refusal(notes.authorize(get({ authorization: [authorization, authorization] })));

    expect(error).toMatchObject({ statusCode: 400, code: 'invalid_request', reason: 'access_token_repeated' });
    expect(error.headers['www-authenticate']).toMatch(/^Bearer error="invalid_request"/);
  });

  it('given credentials of another scheme, when they are sent, then a token is asked for', async () => {
    const error = await refusal(notes.authorize(get({ authorization: 'Basic dTpw' })));

    expect(error).toMatchObject({ statusCode: 401, reason: 'access_token_required' });
    expect(error.headers['www-authenticate']).not.toContain('error=');
  });

  it('given a framework that takes the token out, when the bare token is verified, then it is as good', async () => {
    const token = await api.accessToken();

    expect(await notes.verify(token, { scopes: ['notes:read'] })).toMatchObject({ scopes: ['notes:read'] });
    expect(await refusal(notes.verify(token, { scopes: ['notes:write'] }))).toMatchObject({ statusCode: 403 });
    expect(await refusal(notes.verify(await api.accessToken({ key })))).toMatchObject({ reason: 'dpop_required' });
  });

  it('given 50 requests, when they come at once, then the keys are fetched once, by requests with a deadline', async () => {
    const asked: [string, unknown][] = [];
    const counted = api.resource({
      fetch: (url, init) => {
        asked.push([new URL(url).pathname, init?.signal]);
        return fetch(url, init);
      },
    });
    const authorization = `Bearer ${await api.accessToken()}`;

    await Promise.all(Array.from({ length: 50 }, () => counted.authorize(get({ authorization }))));

    expect(asked.toSorted()).toEqual([
      ['/.well-known/jwks.json', expect.any(AbortSignal)],
      ['/.well-known/openid-configuration', expect.any(AbortSignal)],
    ]);
  });

  it('given an issuer that is away, when a token is shown, then it is 503, and served once the issuer is back', async () => {
    let isAway = true;
    const resource = api.resource({
      fetch: (url, init) => (isAway ? Promise.reject(new TypeError('fetch failed')) : fetch(url, init)),
    });
    const authorization = `Bearer ${await api.accessToken()}`;

    const error = await refusal(resource.authorize(get({ authorization })));
    isAway = false;
    service.clock.advance(10_000);

    expect(error).toMatchObject({ statusCode: 503, reason: 'authorization_server_unavailable' });
    expect(error.headers['retry-after']).toMatch(/^\d+$/);
    await expect(resource.authorize(get({ authorization }))).resolves.toBeDefined();
  });
});

/** Asks for the notes with a token that is bound to the key, and a proof. */
async function show(
  resource: ProtectedResource,
  {
    claims = {},
    header = {},
    by = key,
  }: { readonly claims?: object; readonly header?: object; readonly by?: DpopKey } = {},
) {
  const accessToken = await api.accessToken({ key });
  const request = { method: 'GET', url: notesUrl(), accessToken };
  const dpop = await by.proof(request, { ...claims }, { ...header });
  return resource.authorize(get({ authorization: `DPoP ${accessToken}`, dpop }));
}

function notesUrl(): string {
  return `${api.origin}/notes`;
}

describe('a DPoP proof', () => {
  it('given one for the request, when it comes with the token, then it is served with the thumbprint of its key', async () => {
    const { accessToken, headers } = await show(notes);

    expect(accessToken.jkt).toBe(key.jkt);
    expect(headers).toEqual({});
  });

  it.each<[string, object, header?: object]>([
    ['another method', { htm: 'POST' }],
    ['another path', { htu: 'http://localhost/other' }],
    ['no htu', { htu: undefined }],
    ['another access token', { ath: 'x'.repeat(43) }],
    ['no ath', { ath: undefined }],
    ['no jti', { jti: undefined }],
    ['a jti that is a number', { jti: 1 }],
    ['a jti of 10 KB', { jti: 'x'.repeat(10_000) }],
    ['no iat', { iat: undefined }],
    ['an iat of long ago', { iat: 1 }],
    ['an iat of tomorrow', { iat: Math.floor(Date.now() / 1000) + 86_400 }],
    ['an exp of the past', { exp: 1 }],
    ['the type of another JWT', {}, { typ: 'JWT' }],
    ['no key', {}, { jwk: undefined }],
    ['the key of a secret', {}, { jwk: { kty: 'oct', k: 'AAAA' } }],
  ])('given one with %s, when it comes, then it is dpop_proof_invalid', async (_name, claims, header = {}) => {
    expect(await refusal(show(notes, { claims, header }))).toMatchObject({
      statusCode: 401,
      code: 'invalid_dpop_proof',
      reason: 'dpop_proof_invalid',
    });
  });

  it('given one by another key, when it comes, then it is dpop_key_mismatch', async () => {
    const other = await newDpopKey(service.clock);

    expect(await refusal(show(notes, { by: other }))).toMatchObject({
      code: 'invalid_token',
      reason: 'dpop_key_mismatch',
    });
  });

  it('given two of them, when they come, then it is dpop_proof_invalid', async () => {
    const accessToken = await api.accessToken({ key });
    const proofs = [1, 2].map(() => key.proof({ method: 'GET', url: notesUrl(), accessToken }));
    const dpop = await Promise.all(proofs);

    const separate = await refusal(notes.authorize(get({ authorization: `DPoP ${accessToken}`, dpop })));
    const joined = await refusal(notes.authorize(get({ authorization: `DPoP ${accessToken}`, dpop: dpop.join(', ') })));

    expect(separate).toMatchObject({ reason: 'dpop_proof_invalid' });
    expect(joined).toMatchObject({ reason: 'dpop_proof_invalid' });
  });

  it('given a bound token, when it comes without one, then it is dpop_proof_missing', async () => {
    const authorization = `DPoP ${await api.accessToken({ key })}`;

    expect(await refusal(notes.authorize(get({ authorization })))).toMatchObject({ reason: 'dpop_proof_missing' });
  });

  it('given a bound token, when it is shown as a bearer token, then it is dpop_required, offered by DPoP', async () => {
    const error = await bearer(notes, await api.accessToken({ key }));

    expect(error).toMatchObject({ statusCode: 401, code: 'invalid_token', reason: 'dpop_required' });
    expect(error.headers['www-authenticate']).toMatch(/^DPoP error="invalid_token"/);
  });

  it('given a bearer token, when it is shown by DPoP, then it is access_token_invalid', async () => {
    const accessToken = await api.accessToken();
    const dpop = await key.proof({ method: 'GET', url: notesUrl(), accessToken });

    const error = await refusal(notes.authorize(get({ authorization: `DPoP ${accessToken}`, dpop })));

    expect(error).toMatchObject({ reason: 'access_token_invalid' });
  });

  it('given an API that requires DPoP, when a bearer token is shown, then it is dpop_required', async () => {
    const strict = api.resource({ dpop: 'required' });

    const error = await bearer(strict, await api.accessToken());

    expect(error).toMatchObject({ reason: 'dpop_required' });
    expect(error.headers['www-authenticate']).not.toContain('Bearer');
    expect(strict.metadata.dpop_bound_access_tokens_required).toBe(true);
  });

  it('given an API that asks for nonces, when a proof has none, then it is use_dpop_nonce and served with the nonce', async () => {
    const resource = api.resource({ dpopNonces: keyedDpopNonces(crypto.getRandomValues(new Uint8Array(32))) });

    const error = await refusal(show(resource));
    const nonce = error.headers['dpop-nonce'];
    const { headers } = await show(resource, { claims: { nonce } });

    expect(error).toMatchObject({ statusCode: 401, code: 'use_dpop_nonce' });
    expect(headers).toHaveProperty('dpop-nonce');
    expect(await refusal(show(resource, { claims: { nonce: `${nonce}x` } }))).toMatchObject({ code: 'use_dpop_nonce' });
    service.clock.advance(180_000);
    expect(await refusal(show(resource, { claims: { nonce } }))).toMatchObject({ code: 'use_dpop_nonce' });
  });
});

const proof = (jkt: string, jti: string, expiresAt = 100) => ({ jkt, jti, iat: expiresAt - 61, expiresAt });

describe('the memory of proofs', () => {
  it('given a proof, when it comes again before it is too old, then it is used; another key may use its name', () => {
    const memory = new ProcessReplayMemory();

    expect(memory.remember(proof('a', '1'), 50)).toBe('fresh');
    expect(memory.remember(proof('a', '1'), 99)).toBe('used');
    expect(memory.remember(proof('b', '1'), 99)).toBe('fresh');
  });

  it('given one key that floods, when it has its share, then no more of it is accepted, and others are', () => {
    const memory = new ProcessReplayMemory(80);
    const flood = Array.from({ length: 20 }, (_, index) => memory.remember(proof('a', String(index)), 50));

    expect(flood.filter((outcome) => outcome === 'fresh')).toHaveLength(10);
    expect(memory.remember(proof('a', '0'), 50)).toBe('used');
    expect(memory.remember(proof('b', '0'), 50)).toBe('fresh');
  });

  it('given a full memory, when what it holds is too old, then there is room again', () => {
    const memory = new ProcessReplayMemory(16);
    for (const jkt of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) {
      memory.remember(proof(jkt, '1'), 50);
      memory.remember(proof(jkt, '2'), 50);
    }

    expect(memory.remember(proof('i', '1'), 50)).toBe('full');
    expect(memory.remember(proof('i', '1', 161), 100)).toBe('fresh');
  });
});

describe('introspection', () => {
  it('given an API that introspects, when a token was revoked, then it is refused at once', async () => {
    const resource = await introspecting();
    const token = await api.accessToken();
    await resource.authorize(get({ authorization: `Bearer ${token}` }));
    await revoke(token);

    expect(await bearer(resource, token)).toMatchObject({ statusCode: 401, reason: 'access_token_revoked' });
  });

  it('given wrong credentials of the API, when a token is asked about, then it is 503 and says nothing of them', async () => {
    const resource = await introspecting({ clientSecret: 'wrong' });

    const error = await bearer(resource, await api.accessToken());

    expect(error).toMatchObject({ statusCode: 503, reason: 'authorization_server_unavailable' });
    expect(JSON.stringify(error.body) + String(error.cause)).not.toContain('wrong');
  });
});
