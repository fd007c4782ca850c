import type { ProtectedResource } from './protected-resource.ts';
import { assertRequirement, type OptionalRequirement, type Requirement } from './requirement.ts';
import type { ResourceRequest } from './resource-request.ts';
import { keepAccessToken, keptAccessToken } from './token-of-request.ts';

/**
 * The guard of a route, on any framework: authorizes a request, keeps its token beside the framework's own request, and returns
 * headers of the response. Throws: TypeError for an invalid requirement, when the route is declared.
 */
export function guardOf<Claims extends object, Own extends object>(
  resource: ProtectedResource<Claims>,
  requirement: Requirement<Claims, Own> | OptionalRequirement<Claims, Own>,
): (own: Own, request: ResourceRequest) => Promise<Readonly<Record<string, string>>> {
  assertRequirement(requirement);
  const { allow, ...rest } = requirement;
  const asking = (own: Own): Requirement<Claims> | OptionalRequirement<Claims> =>
    allow === undefined ? rest : { ...rest, allow: (accessToken) => allow(accessToken, own) };
  return async (own, request) => {
    try {
      const kept = keptAccessToken(own, resource);
      if (kept !== undefined) {
        await resource.permit(kept, request, asking(own));
        return {};
      }
      const { accessToken, headers } = await resource.authorize(request, asking(own));
      keepAccessToken(own, resource, accessToken);
      return headers;
    } catch (error) {
      // To Express `undefined` means no error, and 'route' another route.
      throw error instanceof Error ? error : new Error('what was thrown is not an Error', { cause: error });
    }
  };
}
