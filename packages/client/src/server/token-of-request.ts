import type { JWTPayload } from 'jose';
import type { AccessToken } from './access-token.ts';
import type { ProtectedResource } from './protected-resource.ts';

/** Of a request that a guard let pass; without a token where the guard is optional. */
interface Passed {
  readonly resource: object;
  readonly accessToken: AccessToken<object> | undefined;
}

/** Kept beside the request, not on it: code that reads or logs a request finds no claims there. */
const passed = new WeakMap<object, Passed>();

export function keepAccessToken(request: object, resource: object, accessToken: AccessToken<object> | undefined): void {
  passed.set(request, { resource, accessToken });
}

/** The token that another guard of the same API has verified for this request. */
export function keptAccessToken<Claims extends object>(
  request: object,
  resource: ProtectedResource<Claims>,
): AccessToken<Claims> | undefined {
  const found = passed.get(request);
  return found?.resource === resource ? (found.accessToken as AccessToken<Claims> | undefined) : undefined;
}

/**
 * The access token that a guard has verified for this request. With the guard's `resource` its claims have their types, and a
 * token for another API is an error. Throws: TypeError when the route has no guard, and for a request without a token.
 */
export function accessTokenOf<Claims extends object = JWTPayload>(
  request: object,
  resource?: ProtectedResource<Claims>,
): AccessToken<Claims> {
  const accessToken = optionalAccessTokenOf(request, resource);
  if (accessToken === undefined) throw new TypeError('this guard is optional: read the token by optionalAccessTokenOf');
  return accessToken;
}

/**
 * As {@link accessTokenOf}; undefined for a request without a token, which only a guard with `optional` lets pass. Throws:
 * TypeError when the route has no guard.
 */
export function optionalAccessTokenOf<Claims extends object = JWTPayload>(
  request: object,
  resource?: ProtectedResource<Claims>,
): AccessToken<Claims> | undefined {
  const found = passed.get(request);
  if (found === undefined || (resource !== undefined && resource !== found.resource)) {
    throw new TypeError('no guard of @tessera/client stands before this route');
  }
  return found.accessToken as AccessToken<Claims> | undefined;
}
