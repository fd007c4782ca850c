import type { Client } from './client';

/** True for a URL whose host is a loopback IP address. Source: RFC 8252 §7.3. */
export function isLoopbackIp(url: URL): boolean {
  return url.protocol === 'http:' && (url.hostname === '127.0.0.1' || url.hostname === '[::1]');
}

/** True for a `localhost` redirect URI that matches on any port, because the client is public. Source: docs/http-api.md. */
export function isLocalhostOfPublicClient(url: URL, { authentication }: Pick<Client, 'authentication'>): boolean {
  return authentication === 'none' && url.protocol === 'http:' && url.hostname === 'localhost';
}

/**
 * True when the URI equals a registered one as a string. Any port matches when the registered host is a loopback IP address, or
 * `localhost` and the client is public. Source: RFC 9700 §4.1.3, RFC 8252 §7.3.
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

/** A loopback URL: its host, its port, and the rest. */
const onLoopback = /^(http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost))(?::(\d{1,5}))?((?:[/?].*)?)$/s;
