import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { isLocalhostOfPublicClient, isLoopbackIp, isRegisteredRedirectUri } from './redirect-uri';

const loopback = 'http://127.0.0.1/callback';
const publicClient = (...redirectUris: string[]) => ({ redirectUris, authentication: 'none' as const });

describe('a redirect URI', () => {
  it.each([
    ['http://127.0.0.1/callback', loopback],
    ['http://127.0.0.1:8080/callback', loopback],
    ['http://[::1]:8080/callback', 'http://[::1]/callback'],
    ['http://127.0.0.1:1/callback', 'http://127.0.0.1:9999/callback'],
    ['http://127.0.0.1:80', 'http://127.0.0.1'],
    ['http://127.0.0.1:65535/callback', loopback],
    ['http://localhost:8080/cb', 'http://localhost/cb'],
    ['http://localhost/cb', 'http://localhost:3000/cb'],
    ['https://client.example/cb?x=1', 'https://client.example/cb?x=1'],
    ['com.example.app:/callback', 'com.example.app:/callback'],
  ])('given %s, when %s is registered, then it matches', (redirectUri, registered) => {
    expect(isRegisteredRedirectUri(redirectUri, publicClient('https://other.example/', registered))).toBe(true);
  });

  it.each([
    ['http://127.0.0.2/callback', loopback],
    ['http://[::1]/callback', loopback],
    ['http://127.0.0.1:/callback', loopback],
    ['http://127.0.0.1:65536/callback', loopback],
    ['http://127.0.0.1:8080callback', loopback],
    ['http://127.0.0.1:80@evil.example/callback', loopback],
    ['http://127.0.0.1:80:80/callback', loopback],
    ['http://127.0.0.1.evil.example', 'http://127.0.0.1'],
    ['http://127.0.0.1:8080@evil.example', 'http://127.0.0.1'],
    ['HTTP://127.0.0.1/callback', loopback],
    ['http://127.0.0.1\\@evil.example/callback', loopback],
    ['http://127.0.0.1/callback\n', loopback],
    ['http://127.0.0.1/%63allback', loopback],
    ['http://127.1/callback', loopback],
    ['https://client.example:443/cb', 'https://client.example/cb'],
    ['https://CLIENT.example/cb', 'https://client.example/cb'],
    ['https://client.example/cb/', 'https://client.example/cb'],
    ['https://client.example/cb?x', 'https://client.example/cb'],
    ['http://localhost:8080/cb', 'http://127.0.0.1/cb'],
    ['http://127.0.0.1:8080/cb', 'http://localhost/cb'],
    ['http://localhost.evil.example:8080/cb', 'http://localhost/cb'],
    ['http://localhost:80@evil.example/cb', 'http://localhost/cb'],
    ['https://localhost:8080/cb', 'https://localhost/cb'],
    ['http://LOCALHOST:8080/cb', 'http://localhost/cb'],
    ['https://127.0.0.1:8080/cb', 'https://127.0.0.1/cb'],
    ['', loopback],
  ])('given %j, when %s is registered, then it does not match', (redirectUri, registered) => {
    expect(isRegisteredRedirectUri(redirectUri, publicClient(registered))).toBe(false);
  });

  it.each(['client_secret', 'private_key_jwt'] as const)(
    'given a client that authenticates by %s, when it asks for another port of localhost, then only that of 127.0.0.1 matches',
    (authentication) => {
      const client = { redirectUris: ['http://localhost:3000/cb', 'http://127.0.0.1:3000/cb'], authentication };

      const uris = ['http://localhost:3000/cb', 'http://localhost:8080/cb', 'http://127.0.0.1:8080/cb'];

      expect(uris.map((uri) => isRegisteredRedirectUri(uri, client))).toEqual([true, false, true]);
    },
  );

  it('given any text around a registered one, when it is asked for, then it matches only where nothing but the port differs', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), fc.nat(loopback.length), (noise, at) => {
        const changed = loopback.slice(0, at) + noise + loopback.slice(at);

        const matches = isRegisteredRedirectUri(changed, publicClient(loopback));

        const port = /^http:\/\/127\.0\.0\.1:(\d{1,5})\/callback$/.exec(changed)?.[1];
        expect(matches).toBe(changed === loopback || (port !== undefined && Number(port) <= 65_535));
      }),
    );
  });
});

describe('a loopback IP address', () => {
  it.each(['http://127.0.0.1/callback', 'http://127.0.0.1:8080', 'http://[::1]:8080/callback'])(
    'given %s, when it is looked at, then it is one',
    (url) => {
      expect(isLoopbackIp(new URL(url))).toBe(true);
    },
  );

  it.each([
    'https://127.0.0.1/callback',
    'https://[::1]/callback',
    'http://127.0.0.2/callback',
    'http://[::2]/callback',
    'http://localhost/callback',
    'com.example.app://127.0.0.1/callback',
  ])('given %s, when it is looked at, then it is none', (url) => {
    expect(isLoopbackIp(new URL(url))).toBe(false);
  });
});

describe('localhost of a public client', () => {
  it('given http://localhost of a client that does not authenticate, when it is looked at, then any port will do', () => {
    expect(isLocalhostOfPublicClient(new URL('http://localhost:3000/cb'), { authentication: 'none' })).toBe(true);
  });

  it.each([
    ['https://localhost:3000/cb', 'none'],
    ['http://127.0.0.1:3000/cb', 'none'],
    ['http://client.example/cb', 'none'],
    ['http://localhost:3000/cb', 'client_secret'],
    ['http://localhost:3000/cb', 'private_key_jwt'],
  ] as const)(
    'given %s of a client with the authentication %s, when it is looked at, then only its own port will do',
    (...given) => {
      const [url, authentication] = given;

      expect(isLocalhostOfPublicClient(new URL(url), { authentication })).toBe(false);
    },
  );
});
