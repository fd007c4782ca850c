import type { Client } from './client';

/** True for a URL whose host is the loopback interface by its IP address. Source: RFC 8252 §7.3. */
export function isLoopbackIp(url: URL): boolean {
  return url.protocol === 'http:' && (url.hostname === '127.0.0.1' || url.hostname === '[::1]');
}

/** True for a redirect URI of the client that matches on any port, by the name `localhost`. Source: docs/http-api.md. */
export function isLocalhostOfPublicClient(url: URL, { authentication }: Pick<Client, 'authentication'>): boolean {
  return authentication === 'none' && url.protocol === 'http:' && url.hostname === 'localhost';
}

/**
 * True when the URI equals a registered one as a string; where that one is on a loopback IP address, or on `localhost` and
 * the client is public, with any port. Source: RFC 9700 §4.1.3, RFC 8252 §7.3.
 */
export function isRegisteredRedirectUri(
  redirectUri: string,
  { redirectUris, authentication }: Pick<Client, 'redirectUris' | 'authentication'>,
): boolean {
  if (redirectUris.includes(redirectUri)) return true;
  // Compared as strings: what a URL parser normalizes away must not match.
  const [, host, port, rest] = onLoopback.exec(redirectUri) ?? [];
  if (host === undefined || Number(port ?? 80) > 65_535) return false;
  if (host === 'http://localhost' && authentication !== 'none') return false;
  return redirectUris.some((each) => {
    const [, registeredHost, , registeredRest] = onLoopback.exec(each) ?? [];
    return registeredHost === host && registeredRest === rest;
  });
}

/** A URL on loopback: its host, its port, and what follows. */
const onLoopback = /^(http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost))(?::(\d{1,5}))?((?:[/?].*)?)$/s;
