import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { isRegisteredRedirectUri } from './redirect-uri';

const loopback = 'http://127.0.0.1/callback';

describe('a redirect URI', () => {
  it.each([
    ['http://127.0.0.1/callback', loopback],
    ['http://127.0.0.1:8080/callback', loopback],
    ['http://[::1]:8080/callback', 'http://[::1]/callback'],
    ['http://127.0.0.1:1/callback', 'http://127.0.0.1:9999/callback'],
    ['http://127.0.0.1:80', 'http://127.0.0.1'],
    ['https://client.example/cb?x=1', 'https://client.example/cb?x=1'],
    ['com.example.app:/callback', 'com.example.app:/callback'],
  ])('given %s, when %s is registered, then it matches', (redirectUri, registered) => {
    expect(isRegisteredRedirectUri(redirectUri, ['https://other.example/', registered])).toBe(true);
  });

  it.each([
    ['http://127.0.0.2/callback', loopback],
    ['http://[::1]/callback', loopback],
    ['http://127.0.0.1:/callback', loopback],
    ['http://127.0.0.1:65536/callback', loopback],
    ['http://127.0.0.1:8080callback', loopback],
    ['http://127.0.0.1:80@evil.example/callback', loopback],
    ['http://127.0.0.1:80:80/callback', loopback],
    ['HTTP://127.0.0.1/callback', loopback],
    ['http://127.0.0.1\\@evil.example/callback', loopback],
    ['http://127.0.0.1/callback\n', loopback],
    ['http://127.0.0.1/%63allback', loopback],
    ['http://127.1/callback', loopback],
    ['https://client.example:443/cb', 'https://client.example/cb'],
    ['https://CLIENT.example/cb', 'https://client.example/cb'],
    ['https://client.example/cb/', 'https://client.example/cb'],
    ['https://client.example/cb?x', 'https://client.example/cb'],
    ['http://localhost:8080/cb', 'http://localhost/cb'],
    ['https://127.0.0.1:8080/cb', 'https://127.0.0.1/cb'],
    ['', loopback],
  ])('given %j, when %s is registered, then it does not match', (redirectUri, registered) => {
    expect(isRegisteredRedirectUri(redirectUri, [registered])).toBe(false);
  });

  it('given any text around a registered one, when it is asked for, then it matches only where nothing but the port differs', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), fc.nat(loopback.length), (noise, at) => {
        const changed = loopback.slice(0, at) + noise + loopback.slice(at);

        const matches = isRegisteredRedirectUri(changed, [loopback]);

        const port = /^http:\/\/127\.0\.0\.1:(\d{1,5})\/callback$/.exec(changed)?.[1];
        expect(matches).toBe(changed === loopback || (port !== undefined && Number(port) <= 65_535));
      }),
    );
  });
});
