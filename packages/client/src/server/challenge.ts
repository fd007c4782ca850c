import type { ResourceErrorReason } from './resource-error.ts';
import { resourceErrors } from './resource-error.ts';
import type { Scheme } from './resource-request.ts';

/** What a resource's challenges say about it. */
export interface ChallengeSubject {
  /** In the order in which they are offered. */
  readonly schemes: readonly Scheme[];
  /** URL of the resource's metadata. Source: RFC 9728 §5.1. */
  readonly metadataUrl: string | undefined;
  /** Source: RFC 9449 §7.1. */
  readonly dpopAlgorithms: readonly string[];
}

export interface Challenge {
  readonly reason: ResourceErrorReason;
  /** The scheme of the shown token; undefined without one. */
  readonly scheme?: Scheme | undefined;
  /** The scopes that the resource needs. */
  readonly scopes: readonly string[];
}

/**
 * The value of `WWW-Authenticate`: a challenge for each accepted scheme, the used one first. Without credentials no error is
 * named. Source: RFC 6750 §3, §3.1; RFC 9449 §7.1, §7.2; RFC 9110 §11.6.1.
 */
export function wwwAuthenticate(subject: ChallengeSubject, { reason, scheme, scopes }: Challenge): string {
  const { schemes } = subject;
  // For a scheme that is not offered, the first offered one gets the error.
  const faulty = scheme === undefined || schemes.includes(scheme) ? scheme : schemes[0];
  return schemes
    .toSorted((one, other) => Number(other === faulty) - Number(one === faulty))
    .map((each) => challengeOf(each, subject, scopes, each === faulty ? reason : undefined))
    .join(', ');
}

function challengeOf(
  scheme: Scheme,
  { metadataUrl, dpopAlgorithms }: ChallengeSubject,
  scopes: readonly string[],
  reason: ResourceErrorReason | undefined,
): string {
  const { code, description } = reason === undefined ? {} : resourceErrors[reason];
  const parameters = {
    error: code,
    error_description: description,
    scope: scopes.length === 0 ? undefined : scopes.join(' '),
    algs: scheme === 'DPoP' ? dpopAlgorithms.join(' ') : undefined,
    resource_metadata: metadataUrl,
  };
  const written = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}="${value}"`],
  );
  return written.length === 0 ? scheme : `${scheme} ${written.join(', ')}`;
}

/** A scope that may be in a quoted string. Source: RFC 6749 §3.3. */
const scopeToken = /^[!#-[\]-~]+$/;

/** Throws: TypeError for an invalid scope, which must never get into a header. */
export function assertScopes(scopes: readonly string[]): void {
  const wrong = scopes.find((scope) => !scopeToken.test(scope));
  if (wrong !== undefined) throw new TypeError(`not a scope: ${JSON.stringify(wrong)}`);
}
