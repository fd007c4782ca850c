import type { ResourceErrorReason } from './resource-error.ts';
import { resourceErrors } from './resource-error.ts';
import type { Scheme } from './resource-request.ts';

/** What the challenges of a resource say about it. */
export interface ChallengeSubject {
  /** In the order in which they are offered. */
  readonly schemes: readonly Scheme[];
  /** Where the metadata of the resource is. Source: RFC 9728 §5.1. */
  readonly metadataUrl: string | undefined;
  /** Source: RFC 9449 §7.1. */
  readonly dpopAlgorithms: readonly string[];
}

export interface Challenge {
  readonly reason: ResourceErrorReason;
  /** By which the token was shown; undefined where none was. */
  readonly scheme?: Scheme | undefined;
  /** What the resource needs. */
  readonly scopes: readonly string[];
}

/**
 * The value of `WWW-Authenticate`: a challenge for each scheme that would do, the one that was used first. Without credentials
 * none names an error. Source: RFC 6750 §3, §3.1; RFC 9449 §7.1, §7.2; RFC 9110 §11.6.1.
 */
export function wwwAuthenticate(subject: ChallengeSubject, { reason, scheme, scopes }: Challenge): string {
  const { schemes } = subject;
  // One that is not offered is answered by what is.
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

/** A scope as it may stand in a quoted string. Source: RFC 6749 §3.3. */
const scopeToken = /^[!#-[\]-~]+$/;

/** Throws: TypeError for a text that is no scope, so that no header is ever written with it. */
export function assertScopes(scopes: readonly string[]): void {
  const wrong = scopes.find((scope) => !scopeToken.test(scope));
  if (wrong !== undefined) throw new TypeError(`not a scope: ${JSON.stringify(wrong)}`);
}
