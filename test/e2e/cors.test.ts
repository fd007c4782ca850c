import { describe, expect, it } from '@jest/globals';
import { postToken } from '../support/clients/pkce-login';
import { fixture } from '../support/run/fixture';
import { startService } from '../support/service/service';
import { storesUnderTest } from '../support/stores/stores';

const shared = [
  '/token',
  '/par',
  '/revoke',
  '/userinfo',
  '/api/me',
  '/wallet/challenge',
  '/wallet/nonce',
  '/wallet/verify',
];
const forAll = [
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
  '/.well-known/jwks.json',
];
const closed = [
  '/authorize',
  '/login',
  '/logout',
  '/account',
  '/admin/clients',
  '/consent',
  '/debug/state',
  '/login/passkey',
  '/login/passkey/challenge',
  '/link',
  '/link/passkeys/challenge',
  '/recover',
  '/login/wallet',
  '/login/wallet/challenge',
  '/health/ready',
  '/nothing',
];

describe.each(storesUnderTest)('CORS on %s', (store) => {
  const service = fixture(() => startService(store));

  const preflight = (path: string, origin: string) =>
    fetch(service.url + path, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,dpop',
      },
    });

  it.each(shared)(
    'given a registered origin, when its page asks %s, then it may, without credentials',
    async (path) => {
      const origin = service.url;

      const [asked, answer] = await Promise.all([
        preflight(path, origin),
        fetch(service.url + path, { headers: { origin } }),
      ]);

      expect(asked.status).toBe(204);
      expect(asked.headers.get('access-control-allow-headers')?.toLowerCase().split(/, ?/).toSorted()).toEqual([
        'authorization',
        'content-type',
        'dpop',
      ]);
      for (const { headers } of [asked, answer]) {
        expect(headers.get('access-control-allow-origin')).toBe(origin);
        expect(headers.has('access-control-allow-credentials')).toBe(false);
        expect(headers.get('vary')).toContain('Origin');
      }
    },
  );

  it.each(forAll)('given any origin, when its page asks %s, then it may, without credentials', async (path) => {
    const origin = 'https://anybody.example';

    const [asked, answer, cached] = await Promise.all([
      preflight(path, origin),
      fetch(service.url + path, { headers: { origin } }),
      fetch(service.url + path),
    ]);

    expect([asked.status, answer.status]).toEqual([204, 200]);
    // A cache that got it without an origin may hand it to a page of one.
    for (const { headers } of [asked, answer, cached]) {
      expect(headers.get('access-control-allow-origin')).toBe('*');
      expect(headers.has('access-control-allow-credentials')).toBe(false);
      expect(headers.has('vary')).toBe(false);
    }
  });

  it('given no origin, when a shared path is asked, then the answer says that it depends on one', async () => {
    const { headers } = await fetch(`${service.url}/userinfo`);

    expect(headers.has('access-control-allow-origin')).toBe(false);
    expect(headers.get('vary')).toBe('Origin');
  });

  it.each(['http://127.0.0.1:51004', 'http://localhost:51004'])(
    'given a public client on any loopback port (%s), when its page asks, then it may',
    async (origin) => {
      const { headers } = await preflight('/token', origin);

      expect(headers.get('access-control-allow-origin')).toBe(origin);
    },
  );

  it.each(['https://evil.example', 'null', 'http://localhost.evil.example', 'garbage'])(
    'given the origin %s, when its page asks, then it may not',
    async (origin) => {
      const answers = await Promise.all(
        shared.flatMap((path) => [preflight(path, origin), fetch(service.url + path, { headers: { origin } })]),
      );

      for (const { headers } of answers) expect(headers.has('access-control-allow-origin')).toBe(false);
    },
  );

  it.each(closed)('given a registered origin, when its page asks %s, then it may not', async (path) => {
    const origin = service.url;

    const answers = await Promise.all([preflight(path, origin), fetch(service.url + path, { headers: { origin } })]);

    for (const { headers } of answers) {
      expect(headers.has('access-control-allow-origin')).toBe(false);
      expect(headers.has('access-control-allow-headers')).toBe(false);
    }
  });

  it('given a refusal, when a page of a registered origin gets it, then it may read it and when to come again', async () => {
    const origin = service.url;

    const { status, headers } = await postToken(service, {}, { origin });

    expect(status).toBe(400);
    expect(headers.get('access-control-allow-origin')).toBe(origin);
    expect(headers.get('access-control-expose-headers')?.split(', ')).toEqual([
      'DPoP-Nonce',
      'WWW-Authenticate',
      'Retry-After',
    ]);
  });
});
