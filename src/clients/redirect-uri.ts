/** True for a URL whose host is the loopback interface by its IP address. Source: RFC 8252 §7.3. */
export function isLoopbackIp(url: URL): boolean {
  return url.protocol === 'http:' && (url.hostname === '127.0.0.1' || url.hostname === '[::1]');
}

/**
 * True when the URI equals a registered one as a string; where that one is on a loopback IP address, with any port.
 * Source: RFC 9700 §4.1.3, RFC 8252 §7.3.
 */
export function isRegisteredRedirectUri(redirectUri: string, registered: readonly string[]): boolean {
  if (registered.includes(redirectUri)) return true;
  // Compared as strings: what a URL parser normalizes away must not match.
  const [, host, port, rest] = onLoopbackIp.exec(redirectUri) ?? [];
  if (host === undefined || Number(port ?? 80) > 65_535) return false;
  return registered.some((each) => {
    const [, registeredHost, , registeredRest] = onLoopbackIp.exec(each) ?? [];
    return registeredHost === host && registeredRest === rest;
  });
}

/** A URL on a loopback IP address: its host, its port, and what follows. */
const onLoopbackIp = /^(http:\/\/(?:127\.0\.0\.1|\[::1\]))(?::(\d{1,5}))?((?:[/?].*)?)$/s;
