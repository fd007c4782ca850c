import type { CookieSerializeOptions } from '@fastify/cookie';
import type { FastifyRequest } from 'fastify';
import type { Config } from '../../platform/config';
import { isLoopbackHost } from '../../platform/settings';

/** A cookie with a secret of this server. */
export interface BrowserCookie {
  readonly name: string;
  readonly options: CookieSerializeOptions;
}

/**
 * The cookie's name and flags for this issuer. `__Host-` keeps other hosts of the domain from setting it, but needs `Secure`,
 * which plain http on loopback cannot have. Source: RFC 6265bis §4.1.3.2.
 */
export function browserCookie(name: string, config: Pick<Config, 'issuer'>): BrowserCookie {
  const secure = isSecure(config);
  return {
    name: secure ? `__Host-${name}` : name,
    // Lax, not Strict: both pages are reached by a redirect from another site.
    options: { httpOnly: true, sameSite: 'lax', path: '/', secure },
  };
}

/** The same for the pages below a path, which no other site leads to. `__Host-` must not have a path of its own. */
export function strictCookie(name: string, path: string, config: Pick<Config, 'issuer'>): BrowserCookie {
  const secure = isSecure(config);
  return {
    name: secure ? `__Secure-${name}` : name,
    options: { httpOnly: true, sameSite: 'strict', path, secure },
  };
}

function isSecure({ issuer }: Pick<Config, 'issuer'>): boolean {
  const { protocol, hostname } = new URL(issuer);
  return protocol === 'https:' || !isLoopbackHost(hostname);
}

/** The value of the request's cookie of this name. */
export function cookieOf({ server, headers }: FastifyRequest, name: string): string | undefined {
  return headers.cookie === undefined ? undefined : server.parseCookie(headers.cookie)[name];
}

/** True when the value has the form of `newSecret()`; anything else was not set by this server. */
export function isBrowserSecret(value: string | undefined): value is string {
  return value !== undefined && /^[\w-]{43}$/.test(value);
}
