import type { JWTPayload } from 'jose';
import { type AccessToken, AccessTokenError } from './access-token.ts';
import type { ResourceRequest } from './resource-request.ts';

/** What an access token must be good for. */
export interface TokenRequirement {
  /** All of them are required. */
  readonly scopes?: readonly string[];
  /** One of them suffices, beside `scopes`; the preferred one first, which challenges ask for. */
  readonly anyScope?: readonly string[];
  /** Authentication context classes, the preferred one first: the login has one of them. `phr` is a login by passkey. */
  readonly acr?: string | readonly string[];
  /** Seconds since the end-user authenticated. Less than a minute may leave too little time for the way back from the login. */
  readonly maxAge?: number;
}

/** What an operation requires. `Asked`: the request as `allow` gets it, in a guard that of its framework. */
export interface Requirement<Claims extends object = JWTPayload, Asked = ResourceRequest> extends TokenRequirement {
  /**
   * Asked last, about a token that meets the rest. Anything but true is 403 `request_not_allowed`, without a hint of why. What
   * it throws is an error of the application.
   */
  readonly allow?: (accessToken: AccessToken<Claims>, request: Asked) => boolean | PromiseLike<boolean>;
  /** See {@link OptionalRequirement}. */
  readonly optional?: false;
}

/**
 * What an operation requires of requests with a token. One without the header `Authorization` is served without: `allow` is not
 * asked about it. A token that is not valid is refused, and never counts as none.
 */
export interface OptionalRequirement<Claims extends object = JWTPayload, Asked = ResourceRequest> extends Omit<
  Requirement<Claims, Asked>,
  'optional'
> {
  readonly optional: true;
}

/** Source: RFC 6749 §3.3. It fits into a quoted string. */
const scopeToken = /^[!#-[\]-~]+$/;

/** The members, of which a caller may not have checked the types. */
type Unchecked = Readonly<Partial<Record<keyof Requirement, unknown>>>;

const members = new Set<string>([
  'scopes',
  'anyScope',
  'acr',
  'maxAge',
  'allow',
  'optional',
] satisfies (keyof Requirement)[]);

/**
 * Throws: TypeError for what is no requirement: a member that does not exist, which would require nothing; a choice of nothing;
 * a scope or class that must never get into a header.
 */
export function assertRequirement(requirement: Unchecked): void {
  if (typeof requirement !== 'object' || requirement === null) throw new TypeError('a requirement is an object');
  const unknown = Object.keys(requirement).find((name) => !members.has(name));
  if (unknown !== undefined) throw new TypeError(`a requirement has no member ${JSON.stringify(unknown)}`);
  const { scopes, anyScope, acr, maxAge = 0, allow, optional = false } = requirement;
  assertNames('scopes', scopes);
  assertNames('anyScope', anyScope, 1);
  assertNames('acr', typeof acr === 'string' ? [acr] : acr, 1);
  if (typeof maxAge !== 'number' || !Number.isInteger(maxAge) || maxAge < 0) {
    throw new TypeError('maxAge is a number of seconds');
  }
  if (allow !== undefined && typeof allow !== 'function') throw new TypeError('allow is a function');
  if (typeof optional !== 'boolean') throw new TypeError('optional is true or false');
}

function assertNames(member: string, names: unknown = ['none'], least = 0): void {
  if (!Array.isArray(names)) throw new TypeError(`${member} is a list`);
  if (names.length < least) throw new TypeError(`${member} is empty: no token would do`);
  for (const name of names as readonly unknown[]) {
    if (typeof name !== 'string' || !scopeToken.test(name)) {
      throw new TypeError(`not a value of ${member}: ${JSON.stringify(name)}`);
    }
  }
}

/**
 * Checks the scopes, then the login: a client with the wrong scope must ask for another token in any case. `now`: seconds since
 * the epoch. Throws: {@link AccessTokenError}. Source: RFC 6750 §3.1, RFC 9470 §3.
 */
export function assertMet(
  { scopes: granted, acr: achieved = '', authTime = -Infinity }: AccessToken<object>,
  { scopes = [], anyScope, acr = [], maxAge = Infinity }: TokenRequirement,
  now: number,
): void {
  const isGranted = (scope: string) => granted.includes(scope);
  if (!scopes.every(isGranted) || anyScope?.some(isGranted) === false) throw new AccessTokenError('scope_insufficient');
  const classes = [acr].flat();
  if (classes.length > 0 && !classes.includes(achieved)) throw new AccessTokenError('acr_insufficient');
  if (now - authTime > maxAge) throw new AccessTokenError('login_too_old');
}
