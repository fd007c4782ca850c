import type { Client } from './client';
import { isLoopbackIp } from './redirect-uri';

/** Longer than `https://`, a name of the domain name system and a port. Source: RFC 1035 §2.3.4. */
const longestOrigin = 270;

/** As browsers send it: ASCII in lower case, a host and perhaps a port. */
const looksSerialized = /^[a-z][a-z\d+.-]*:\/\/[!-~]+$/;

/**
 * The origins from which the client's pages come, each once: of its redirect URIs and of its dApp. On a loopback IP
 * address it is any port of that host, written `http://127.0.0.1:*`. Source: RFC 6454 §6.2, RFC 8252 §7.3.
 */
export function originsOf({ redirectUris, walletOrigin }: Pick<Client, 'redirectUris' | 'walletOrigin'>): string[] {
  const uris = walletOrigin === undefined ? redirectUris : [...redirectUris, walletOrigin];
  return [...new Set(uris.flatMap((uri) => nameOf(parsed(uri)) ?? []))];
}

/** The name under which {@link originsOf} has the origin of a request; undefined when no page can have sent it. */
export function registeredName(origin: string): string | undefined {
  // Before it is parsed, because to throw costs more than to answer.
  if (origin.length > longestOrigin || !looksSerialized.test(origin) || !URL.canParse(origin)) return undefined;
  const url = new URL(origin);
  return url.origin === origin ? nameOf(url) : undefined;
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
