import type { Client } from './client';
import { isLocalhostOfPublicClient, isLoopbackIp } from './redirect-uri';

/** Longer than `https://`, any DNS name and a port. Source: RFC 1035 §2.3.4. */
const longestOrigin = 270;

/** The browser's serialization: lower-case ASCII, a host and an optional port. */
const looksSerialized = /^[a-z][a-z\d+.-]*:\/\/[!-~]+$/;

/** Any port of `localhost`, for a redirect URI of a public client. */
const anyLocalhost = 'http://localhost:*';

/**
 * The distinct origins of a client's redirect URIs and dApp. Where a redirect URI matches on any port, so does its origin,
 * written `http://127.0.0.1:*`. Source: RFC 6454 §6.2, RFC 8252 §7.3.
 */
export function originsOf(client: Pick<Client, 'redirectUris' | 'walletOrigin' | 'authentication'>): string[] {
  const names = client.redirectUris.flatMap((uri) => {
    const url = parsed(uri);
    // With its port, too, as it was stored before any port matched.
    if (url !== undefined && isLocalhostOfPublicClient(url, client)) return [url.origin, anyLocalhost];
    return nameOf(url) ?? [];
  });
  const dapp = client.walletOrigin === undefined ? undefined : nameOf(parsed(client.walletOrigin));
  return [...new Set(dapp === undefined ? names : [...names, dapp])];
}

/** The names under which {@link originsOf} may list a request's origin; none when no web page can have sent it. */
export function registeredNames(origin: string): string[] {
  // Checked before parsing, because throwing costs more than answering.
  if (origin.length > longestOrigin || !looksSerialized.test(origin) || !URL.canParse(origin)) return [];
  const url = new URL(origin);
  const name = url.origin === origin ? nameOf(url) : undefined;
  if (name === undefined) return [];
  return url.protocol === 'http:' && url.hostname === 'localhost' ? [name, anyLocalhost] : [name];
}

function nameOf(url: URL | undefined): string | undefined {
  if (url === undefined) return undefined;
  if (isLoopbackIp(url)) return `http://${url.hostname}:*`;
  // A custom-scheme app has no origin.
  return url.origin === 'null' || url.origin.length > longestOrigin ? undefined : url.origin;
}

/** Not URL.canParse: Node.js 20 compiles it to a version that rejects non-ASCII. */
function parsed(url: string): URL | undefined {
  try {
    return new URL(url);
  } catch {
    return undefined;
  }
}
