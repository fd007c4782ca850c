import * as z from 'zod';
import { asText, list, record } from '../../platform/storage/record-schema';
import { canonicalResource } from '../clients/resource-identifier';

/** What was granted at one resource: an API, or this server. */
export type GrantedResource = z.infer<typeof grantedResourceSchema>;

export const grantedResourceSchema = record({
  /** As it is registered; of this server the issuer. */
  identifier: z.string(),
  /** Names of its scopes. */
  scope: list(z.string()),
});

/** Where a grant is good; a grant without one is good at this server alone. Source: RFC 8707 §2. */
export type GrantedAudience = z.infer<typeof grantedAudienceSchema>;

export const grantedAudienceSchema = asText(
  record({
    /** True: no resource was asked for, and one token is for all of them; else it is for one, by default the first. */
    together: z.boolean(),
    resources: list(grantedResourceSchema),
  }),
  {
    // Neither an identifier nor the name of a scope holds a space or a line's end.
    toText: ({ together, resources }) =>
      [together ? 'together' : '', ...resources.map(({ identifier, scope }) => [identifier, ...scope].join(' '))].join(
        '\n',
      ),
    fromText: (text) => {
      const [together, ...lines] = text.split('\n');
      const resources = lines.map((line) => {
        const [identifier = '', ...scope] = line.split(' ');
        return { identifier, scope };
      });
      return { together: together === 'together', resources };
    },
  },
);

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
