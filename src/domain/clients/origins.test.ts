import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { Client } from './client';
import { originsOf, registeredNames } from './origins';

const client = (redirectUris: string[], walletOrigin?: string, authentication: Client['authentication'] = 'none') => ({
  redirectUris,
  authentication,
  ...(walletOrigin !== undefined && { walletOrigin }),
});

/** Whether the client registers this origin. */
const registers = (uris: string[], origin: string, authentication?: Client['authentication']): boolean => {
  const names = originsOf(client(uris, undefined, authentication));
  return registeredNames(origin).some((name) => names.includes(name));
};

describe('the origins of a client', () => {
  it('given redirect URIs and a dApp, when they are named, then each origin is there once', () => {
    const uris = ['https://app.example/callback', 'https://app.example:443/other', 'https://app.example:8443/callback'];

    const origins = originsOf(client(uris, 'https://dapp.example'));

    expect(origins).toEqual(['https://app.example', 'https://app.example:8443', 'https://dapp.example']);
  });

  it.each([['com.example.app:/callback'], ['no URL'], [''], [`https://${'a.'.repeat(200)}example/`]])(
    'given %j, when its origins are named, then it has none',
    (uri) => {
      expect(originsOf(client([uri]))).toEqual([]);
    },
  );

  it.each([
    ['https://app.example', 'https://app.example/callback'],
    ['https://app.example', 'HTTPS://APP.example:443/callback?x#y'],
    ['http://127.0.0.1:51004', 'http://127.0.0.1/callback'],
    ['http://127.0.0.1', 'http://127.0.0.1:8080/callback'],
    ['http://[::1]:3000', 'http://[::1]/callback'],
    ['https://127.0.0.1:8443', 'https://127.0.0.1:8443/callback'],
    ['http://localhost:3000', 'http://localhost:3000/callback'],
    ['http://localhost:1', 'http://localhost/callback'],
    ['http://localhost', 'http://localhost:3000/callback'],
    ['https://xn--mnchen-3ya.example', 'https://münchen.example/callback'],
  ])('given a page of %s, when %s is registered, then it is the client’s', (origin, uri) => {
    expect(registers(['https://other.example/', uri], origin)).toBe(true);
  });

  it.each([
    ['https://app.example:8443', 'https://app.example/callback'],
    ['http://app.example', 'https://app.example/callback'],
    ['https://app.example.evil.example', 'https://app.example/callback'],
    ['https://evil.example', 'https://evil@app.example/callback'],
    ['https://APP.example', 'https://app.example/callback'],
    ['https://app.example/', 'https://app.example/callback'],
    ['https://app.example:443', 'https://app.example/callback'],
    ['https://app.example https://app.example', 'https://app.example/callback'],
    ['http://[::1]:3000', 'http://127.0.0.1/callback'],
    ['https://127.0.0.1:51004', 'http://127.0.0.1/callback'],
    ['https://127.0.0.1:51004', 'https://127.0.0.1/callback'],
    ['http://127.0.0.2:51004', 'http://127.0.0.1/callback'],
    ['http://127.0.0.1.evil.example', 'http://127.0.0.1/callback'],
    ['http://127.0.0.1:*', 'http://127.0.0.1/callback'],
    ['https://localhost:1', 'http://localhost/callback'],
    ['https://localhost:1', 'https://localhost/callback'],
    ['http://localhost.evil.example', 'http://localhost/callback'],
    ['http://localhost:*', 'http://localhost/callback'],
    ['null', 'com.example.app:/callback'],
    ['file://', 'file:///callback'],
    ['com.example.app://callback', 'com.example.app://callback'],
    ['', 'https://app.example/callback'],
    ['garbage', 'https://app.example/callback'],
    [`https://${'a.'.repeat(200)}example`, `https://${'a.'.repeat(200)}example/`],
    ['demo', 'https://app.example/callback'],
  ])('given a page of %j, when %s is registered, then it is not the client’s', (origin, uri) => {
    expect(registers([uri], origin)).toBe(false);
  });

  it('given a host outside of ASCII, when it is parsed after many others, then it is still there', () => {
    const uri = 'https://münchen.example/callback';
    for (let count = 0; count < 100_000; count += 1) originsOf(client(['https://app.example/callback']));

    expect(originsOf(client([uri]))).toEqual(['https://xn--mnchen-3ya.example']);
  });

  it('given any text, when it is asked for, then what has a name is a serialized origin and no longer than one can be', () => {
    const beginnings = fc.constantFrom('', 'https://', 'https://app.example', 'http://127.0.0.1:', 'http://[::1]');
    const texts = fc.tuple(beginnings, fc.string({ unit: 'binary', maxLength: 8 })).map((parts) => parts.join(''));
    fc.assert(
      fc.property(texts, (text) => {
        const names = registeredNames(text);

        if (names.length === 0) return;
        expect(new URL(text).origin).toBe(text);
        expect(Math.max(...names.map(({ length }) => length))).toBeLessThanOrEqual(270);
      }),
    );
  });

  it('given any web URL and any port, when a page asks, then it is the client’s where scheme, host and port agree, or any port on loopback', () => {
    const schemes = fc.constantFrom('http', 'https');
    const hosts = fc.constantFrom('127.0.0.1', '[::1]', 'localhost', '127.0.0.2', 'app.example');
    const authentications = fc.constantFrom('none' as const, 'client_secret' as const);
    const places = fc.tuple(schemes, hosts, fc.integer({ min: 1, max: 65_535 }));
    fc.assert(
      fc.property(
        places,
        places,
        fc.boolean(),
        authentications,
        ([scheme, host, port], other, same, authentication) => {
          const asked = same ? ([scheme, host, other[2]] as const) : other;
          const { origin } = new URL(`${asked[0]}://${asked[1]}:${asked[2]}`);

          const known = registers([`${scheme}://${host}:${port}/callback`], origin, authentication);

          const anyPortHosts = ['127.0.0.1', '[::1]', ...(authentication === 'none' ? ['localhost'] : [])];
          const anyPort = scheme === 'http' && anyPortHosts.includes(host);
          expect(known).toBe(asked[0] === scheme && asked[1] === host && (anyPort || asked[2] === port));
        },
      ),
    );
  });
});
