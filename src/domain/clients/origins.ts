import type { Client } from './client';
import { isLocalhostOfPublicClient, isLoopbackIp } from './redirect-uri';

/** Longer than `https://`, a name of the domain name system and a port. Source: RFC 1035 §2.3.4. */
const longestOrigin = 270;

/** As browsers send it: ASCII in lower case, a host and perhaps a port. */
const looksSerialized = /^[a-z][a-z\d+.-]*:\/\/[!-~]+$/;

/** Any port of it, of the redirect URI of a public client. */
const anyLocalhost = 'http://localhost:*';

/**
 * The origins from which the client's pages come, each once: of its redirect URIs and of its dApp. Where its redirect URIs
 * match on any port, it is any port of that host, written `http://127.0.0.1:*`. Source: RFC 6454 §6.2, RFC 8252 §7.3.
 */
export function originsOf(client: Pick<Client, 'redirectUris' | 'walletOrigin' | 'authentication'>): string[] {
  const names = client.redirectUris.flatMap((uri) => {
    const url = parsed(uri);
    // By its port too, as it was named before it matched on any.
    if (url !== undefined && isLocalhostOfPublicClient(url, client)) return [url.origin, anyLocalhost];
    return nameOf(url) ?? [];
  });
  const dapp = client.walletOrigin === undefined ? undefined : nameOf(parsed(client.walletOrigin));
  return [...new Set(dapp === undefined ? names : [...names, dapp])];
}

/** The names under which {@link originsOf} may have the origin of a request; none when no page can have sent it. */
export function registeredNames(origin: string): string[] {
  // Before it is parsed, because to throw costs more than to answer.
  if (origin.length > longestOrigin || !looksSerialized.test(origin) || !URL.canParse(origin)) return [];
  const url = new URL(origin);
  const name = url.origin === origin ? nameOf(url) : undefined;
  if (name === undefined) return [];
  return url.protocol === 'http:' && url.hostname === 'localhost' ? [name, anyLocalhost] : [name];
}

function nameOf(url: URL | undefined): string | undefined {
  if (url === undefined) return undefined;
  if (isLoopbackIp(url)) return `http://${url.hostname}:*`;
  // The app of a custom scheme has no origin.
  return url.origin === 'null' || url.origin.length > longestOrigin ? undefined : url.origin;
}

/** Without URL.canParse, which Node.js 20 compiles to one that refuses what is not ASCII. */
function parsed(url: string): URL | undefined {
  try {
    return new URL(url);
  } catch {
    return undefined;
  }
}
