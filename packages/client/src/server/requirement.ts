import { type AccessToken, AccessTokenError } from './access-token.ts';

/** What an operation requires. */
export interface Requirement {
  /** All of them are required. */
  readonly scopes?: readonly string[];
  /** Authentication context classes, the preferred one first: the login has one of them. `phr` is a login by passkey. */
  readonly acr?: string | readonly string[];
  /** Seconds since the end-user authenticated. Less than a minute may leave too little time for the way back from the login. */
  readonly maxAge?: number;
}

/** Source: RFC 6749 §3.3. It fits into a quoted string. */
const scopeToken = /^[!#-[\]-~]+$/;

/** Throws: TypeError for an invalid scope, class or age, which must never get into a header. */
export function assertRequirement({ scopes = [], acr = [], maxAge = 0 }: Requirement): void {
  for (const [what, names] of [['scope', scopes] as const, ['acr', [acr].flat()] as const]) {
    const wrong = names.find((name) => !scopeToken.test(name));
    if (wrong !== undefined) throw new TypeError(`not a value of ${what}: ${JSON.stringify(wrong)}`);
  }
  if (!Number.isInteger(maxAge) || maxAge < 0) throw new TypeError(`not a number of seconds: ${maxAge}`);
}

/**
 * Checks the scopes, then the login: a client with the wrong scope must ask for another token in any case. `now`: seconds since
 * the epoch. Throws: {@link AccessTokenError}. Source: RFC 6750 §3.1, RFC 9470 §3.
 */
export function assertMet(
  { scopes: granted, acr: achieved = '', authTime = -Infinity }: AccessToken,
  { scopes = [], acr = [], maxAge = Infinity }: Requirement,
  now: number,
): void {
  if (!scopes.every((scope) => granted.includes(scope))) throw new AccessTokenError('scope_insufficient');
  const classes = [acr].flat();
  if (classes.length > 0 && !classes.includes(achieved)) throw new AccessTokenError('acr_insufficient');
  if (now - authTime > maxAge) throw new AccessTokenError('login_too_old');
}
