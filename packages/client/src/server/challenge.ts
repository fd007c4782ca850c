import type { TokenRequirement } from './requirement.ts';
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
  readonly requirement: TokenRequirement;
}

/**
 * The value of `WWW-Authenticate`: a challenge for each accepted scheme, the used one first. Without credentials no error is
 * named. Source: RFC 6750 §3, §3.1; RFC 9449 §7.1, §7.2; RFC 9470 §3; RFC 9110 §11.6.1.
 */
export function wwwAuthenticate(subject: ChallengeSubject, { reason, scheme, requirement }: Challenge): string {
  const { schemes } = subject;
  // For a scheme that is not offered, the first offered one gets the error.
  const faulty = scheme === undefined || schemes.includes(scheme) ? scheme : schemes[0];
  // No other token would help.
  const asked = reason === 'request_not_allowed' ? {} : requirement;
  return schemes
    .toSorted((one, other) => Number(other === faulty) - Number(one === faulty))
    .map((each) => challengeOf(each, subject, asked, each === faulty ? reason : undefined))
    .join(', ');
}

function challengeOf(
  scheme: Scheme,
  { metadataUrl, dpopAlgorithms }: ChallengeSubject,
  requirement: TokenRequirement,
  reason: ResourceErrorReason | undefined,
): string {
  const { code, description } = reason === undefined ? {} : resourceErrors[reason];
  // Both, whichever is missing: one login has to meet them.
  const login = code === 'insufficient_user_authentication' ? requirement : {};
  const parameters = {
    error: code,
    error_description: description,
    acr_values: login.acr === undefined ? undefined : [login.acr].flat().join(' '),
    max_age: login.maxAge,
    scope: scopeOf(requirement),
    algs: scheme === 'DPoP' ? dpopAlgorithms.join(' ') : undefined,
    resource_metadata: metadataUrl,
  };
  const written = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}="${value}"`],
  );
  return written.length === 0 ? scheme : `${scheme} ${written.join(', ')}`;
}

/**
 * The scope to ask for. Of those of which one suffices only the preferred one: clients ask for all that a challenge names, which
 * would be more than is needed, and which fails where the client may not have one of them. Source: RFC 6750 §3.
 */
function scopeOf({ scopes = [], anyScope = [] }: TokenRequirement): string | undefined {
  const preferred = anyScope.some((scope) => scopes.includes(scope)) ? [] : anyScope.slice(0, 1);
  const asked = [...scopes, ...preferred];
  return asked.length === 0 ? undefined : asked.join(' ');
}
