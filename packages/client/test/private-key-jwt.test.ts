import { describe, expect, it } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair, importJWK, type JWK, jwtVerify } from 'jose';
import { registerClient } from '../../../test/support/clients/registered.ts';
import { fixture } from '../../../test/support/run/fixture.ts';
import { startService } from '../../../test/support/service/service.ts';
import { dpop, type Fetch, memoryKeys } from '../src/index.ts';
import { privateKeyJwt, type PrivateKeyJwtOptions } from '../src/private-key-jwt.ts';
import { caught } from './support/caught.ts';
import { clientOf } from './support/client.ts';
import { endUser } from './support/end-user.ts';
import { recordingFetch } from './support/recording-fetch.ts';

type Alg = NonNullable<PrivateKeyJwtOptions['alg']>;

const issuer = 'https://login.example.com';

/** A key pair of a client, as JWKs. */
async function newKeys(alg: string, kid = 'k1') {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const named = { kid, alg };
  return {
    private: { ...(await exportJWK(privateKey)), ...named },
    public: { ...(await exportJWK(publicKey)), ...named, use: 'sig' },
  };
}

/** What is added to a form. */
async function added(options: Omit<PrivateKeyJwtOptions, 'issuer' | 'clientId'>): Promise<Record<string, string>> {
  const form = new URLSearchParams();
  await privateKeyJwt({ issuer, clientId: 'my-bank', ...options })(form);
  return Object.fromEntries(form);
}

describe('a client assertion', () => {
  const keys = fixture(() => newKeys('ES256'));

  it('given a key, when a form is sent, then jose accepts the assertion as one of RFC 7523 for this issuer', async () => {
    const now = Date.parse('2030-01-01T00:00:00.5Z');
    const fields = await added({ key: keys.private, now: () => now });
    const assertion = fields['client_assertion'] ?? '';

    const { payload, protectedHeader } = await jwtVerify(assertion, await importJWK(keys.public as JWK), {
      currentDate: new Date(now),
    });

    const iat = Math.floor(now / 1_000);
    expect(fields['client_assertion_type']).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
    expect(protectedHeader).toEqual({ alg: 'ES256', kid: 'k1' });
    expect(payload).toEqual({
      iss: 'my-bank',
      sub: 'my-bank',
      aud: issuer,
      jti: expect.stringMatching(/^[\w-]{43}$/),
      iat,
      exp: iat + 60,
    });
  });

  it('given two forms, when they are sent, then each has an assertion of its own', async () => {
    const authenticate = privateKeyJwt({ issuer, clientId: 'my-bank', key: keys.private });
    const forms = [new URLSearchParams(), new URLSearchParams()];
    await Promise.all(forms.map((form) => authenticate(form)));

    const [one, other] = forms.map((form) => decodeJwt(form.get('client_assertion') ?? '').jti);
    expect(one).not.toBe(other);
  });

  it('given a CryptoKey and the id of the key, when a form is sent, then the header names both', async () => {
    const { privateKey } = await generateKeyPair('PS256');
    const fields = await added({ key: privateKey as CryptoKey, kid: 'k2', alg: 'PS256' });

    expect(decodeProtectedHeader(fields['client_assertion'] ?? '')).toEqual({ alg: 'PS256', kid: 'k2' });
  });

  it.each<[string, () => Promise<Pick<PrivateKeyJwtOptions, 'key' | 'alg'>>]>([
    ['a public JWK', async () => ({ key: keys.public })],
    ['a public CryptoKey', async () => ({ key: (await generateKeyPair('ES256')).publicKey as CryptoKey })],
    ['an algorithm by a secret', async () => ({ key: keys.private, alg: 'HS256' as Alg })],
    ['no algorithm at all', async () => ({ key: keys.private, alg: 'none' as Alg })],
  ])('given %s, when the client is made, then it is refused at once', async (_, optionsOf) => {
    const options = { issuer, clientId: 'my-bank', ...(await optionsOf()) };

    expect(() => privateKeyJwt(options)).toThrow(expect.objectContaining({ code: 'configuration_invalid' }));
  });

  it.each<[string, () => Promise<Pick<PrivateKeyJwtOptions, 'key' | 'alg'>>]>([
    ['a JWK of another algorithm', async () => ({ key: keys.private, alg: 'PS256' })],
    [
      'a CryptoKey of another algorithm',
      async () => ({ key: (await generateKeyPair('RS256')).privateKey as CryptoKey }),
    ],
    ['half a key', async () => ({ key: { ...keys.private, x: 'AAAA' } })],
  ])('given %s, when a form is sent, then the error says so, and quotes no key', async (_, optionsOf) => {
    const error = await caught(added(await optionsOf()));

    expect(error).toMatchObject({ code: 'configuration_invalid', message: expect.stringMatching(/^The key is not/) });
    expect(error.cause).toBeUndefined();
    expect(JSON.stringify([error.message, error])).not.toContain(keys.private.d);
  });
});

describe('a client that is registered with private_key_jwt', () => {
  const service = fixture(startService);
  const follow = endUser(service);

  /** Of a registered client: its authentication by a key, and what it posts. */
  async function registered(alg: string, changes: object = {}) {
    const keys = await newKeys(alg);
    const { clientId } = await registerClient(service, {
      authentication: 'private_key_jwt',
      jwks: { keys: [keys.public] },
      ...changes,
    });
    const { fetch, posted } = recordingFetch();
    const authenticate = privateKeyJwt({
      issuer: service.url,
      clientId,
      key: keys.private,
      now: () => service.clock.now(),
    });
    return { clientId, authenticate, fetch, posted, browser: follow, scope: 'openid offline_access' };
  }

  it.each(['ES256', 'PS256', 'EdDSA', 'RS256'])(
    'given a key of %s, when it logs in, refreshes and revokes, then the service knows it each time',
    async (alg) => {
      const { posted, ...options } = await registered(alg);
      const client = clientOf(service, options);

      const finished = await client.login();
      const fresh = await client.refresh();
      await client.revoke();

      expect(finished?.tokens.claims).toMatchObject({ sub: 'user0', aud: options.clientId });
      expect(fresh.accessToken).not.toBe(finished?.tokens.accessToken);
      expect(posted.map(({ path }) => path)).toEqual(['/token', '/token', '/revoke']);
    },
  );

  it('given a service that asks for its nonce, when it logs in, then the repeated request has another assertion', async () => {
    const { posted, ...options } = await registered('ES256', { dpopBoundAccessTokens: true, dpopNonceRequired: true });
    const now = () => service.clock.now();
    const client = clientOf(service, { ...options, dpop: dpop({ keys: memoryKeys(), now }) });

    await client.login();

    const assertions = posted.map(({ fields }) => fields['client_assertion']);
    expect(posted.map(({ path }) => path)).toEqual(['/token', '/token']);
    expect(new Set(assertions).size).toBe(2);
  });

  it('given a key that is not the registered one, when it logs in, then the error has nothing of the assertion', async () => {
    const { posted, ...options } = await registered('ES256');
    const { private: key } = await newKeys('ES256');
    const echoing: Fetch = async (url, init) => {
      if (init?.method !== 'POST') return fetch(url, init);
      const said = new URLSearchParams(String(init.body)).get('client_assertion') ?? '';
      posted.push({ path: url, fields: { said } });
      const { status } = await fetch(url, init);
      return Response.json({ error: 'invalid_client', error_description: `Wrong: ${said}` }, { status });
    };
    const authenticate = privateKeyJwt({ issuer: service.url, clientId: options.clientId, key });

    const error = await caught(clientOf(service, { ...options, authenticate, fetch: echoing }).login());

    expect([error.code, error.status]).toEqual(['invalid_client', 401]);
    for (const part of posted[0]?.fields['said']?.split('.') ?? ['nothing was sent']) {
      expect(`${error.message} ${JSON.stringify(error)}`).not.toContain(part);
    }
  });
});
