import { canonicalResource } from '../clients/resource-identifier';

/** What was granted at one resource: an API, or this server. */
export interface GrantedResource {
  /** As it is registered; of this server the issuer. */
  readonly identifier: string;
  /** Names of its scopes. */
  readonly scope: readonly string[];
}

/** Where a grant is good; a grant without one is good at this server alone. Source: RFC 8707 §2. */
export interface GrantedAudience {
  /** True: no resource was asked for, and one token is for all of them; else it is for one, by default the first. */
  readonly together: boolean;
  readonly resources: readonly GrantedResource[];
}

/** The resources of a grant or of a challenge, or the named one of them. */
export function grantedResources(
  { scope, audience }: { readonly scope: readonly string[]; readonly audience?: GrantedAudience },
  issuer: string,
  resource?: string,
): readonly GrantedResource[] {
  const resources = audience?.resources ?? [{ identifier: issuer, scope }];
  if (resource === undefined) return resources;
  const named = canonicalResource(resource);
  return resources.filter(({ identifier }) => named !== undefined && canonicalResource(identifier) === named);
}
