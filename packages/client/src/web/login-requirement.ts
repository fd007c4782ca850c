import type { LoginParameters } from '../client-options.ts';
import type { IdTokenClaims } from '../tokens.ts';

/** What a page or route requires of the login, beside that there is one. It needs the scope `openid`. */
export interface LoginRequirement {
  /** Authentication context classes, the preferred one first: the login has one of them. `phr` is a login by passkey. */
  readonly acr?: string | readonly string[] | undefined;
  /** Seconds since the end-user authenticated. Less than a minute may leave too little time for the way back from the login. */
  readonly maxAge?: number | undefined;
}

/** Source: OpenID Connect Core 1.0 §3.1.2.1: names separated by spaces. */
const acrValue = /^[!#-[\]-~]+$/;

/** Throws: TypeError for an invalid class, and for an age that no login could have. */
export function assertLoginRequirement({ acr = [], maxAge = 1 }: LoginRequirement): void {
  const wrong = [acr].flat().find((name) => !acrValue.test(name));
  if (wrong !== undefined) throw new TypeError(`not a value of acr: ${JSON.stringify(wrong)}`);
  if (!Number.isInteger(maxAge) || maxAge < 1) throw new TypeError(`not a number of seconds: ${maxAge}`);
}

/** `now`: milliseconds since 1970. */
export function isMet(claims: IdTokenClaims | undefined, { acr = [], maxAge }: LoginRequirement, now: number): boolean {
  const classes = [acr].flat();
  const isOfClass = classes.length === 0 || classes.includes(String(claims?.['acr']));
  // Without the time of the login the comparison is false.
  return isOfClass && (maxAge === undefined || now / 1000 - Number(claims?.['auth_time']) <= maxAge);
}

/** The login that meets it. Source: OpenID Connect Core 1.0 §3.1.2.1. */
export function parametersFor({ acr = [], maxAge }: LoginRequirement): LoginParameters {
  const classes = [acr].flat().join(' ');
  return { ...(classes !== '' && { acr_values: classes }), ...(maxAge !== undefined && { max_age: String(maxAge) }) };
}
