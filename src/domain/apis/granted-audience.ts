import * as z from 'zod';
import { asText, list, record } from '../../platform/storage/record-schema';
import { canonicalResource } from '../clients/resource-identifier';

/** What was granted at one resource: an API or this server. */
export type GrantedResource = z.infer<typeof grantedResourceSchema>;

export const grantedResourceSchema = record({
  /** As registered; for this server the issuer. */
  identifier: z.string(),
  /** Scope names. */
  scope: list(z.string()),
});

/** The resources that a grant is for; without one it is for this server alone. Source: RFC 8707 §2. */
export type GrantedAudience = z.infer<typeof grantedAudienceSchema>;

export const grantedAudienceSchema = asText(
  record({
    /** True: no resource was requested, so one token covers all of them. Otherwise a token is for one, by default the first. */
    together: z.boolean(),
    resources: list(grantedResourceSchema),
  }),
  {
    // Neither an identifier nor a scope name contains a space or a line break.
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

/** All resources of a grant or challenge, or only the named one. */
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
