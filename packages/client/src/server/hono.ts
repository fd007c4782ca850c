/** `@tessera/client/server/hono`: guards and the metadata route of an API on Hono. */
import type { Context, MiddlewareHandler } from 'hono';
import type { JWTPayload } from 'jose';
import type { AccessToken } from './access-token.ts';
import { guardOf } from './guard.ts';
import type { ProtectedResource } from './protected-resource.ts';
import type { OptionalRequirement, Requirement } from './requirement.ts';
import { ResourceError } from './resource-error.ts';
import { metadataHeaders } from './resource-metadata.ts';
import { accessTokenOf, optionalAccessTokenOf } from './token-of-request.ts';

export { accessTokenOf, optionalAccessTokenOf };

/** The variables of a context behind a guard. */
export interface AccessTokenEnv<Claims extends object = JWTPayload> {
  Variables: { accessToken: AccessToken<Claims> };
}

/** The variables of a context behind a guard that is optional. */
export interface OptionalAccessTokenEnv<Claims extends object = JWTPayload> {
  Variables: { accessToken: AccessToken<Claims> | undefined };
}

/**
 * Serves a request only with an access token for the API that meets the requirement; otherwise responds itself with 400, 401,
 * 403, 429 or 503. `context.get('accessToken')` and `accessTokenOf(context)` return the verified token. Throws: TypeError for an
 * invalid requirement.
 */
export function requireAccessToken<Claims extends object = JWTPayload>(
  resource: ProtectedResource<Claims>,
  requirement?: Requirement<Claims, Context>,
): MiddlewareHandler<AccessTokenEnv<Claims>>;
/** As above; requests without a token are served without, if the requirement is `optional`. */
export function requireAccessToken<Claims extends object = JWTPayload>(
  resource: ProtectedResource<Claims>,
  requirement: Requirement<Claims, Context> | OptionalRequirement<Claims, Context>,
): MiddlewareHandler<OptionalAccessTokenEnv<Claims>>;
export function requireAccessToken<Claims extends object>(
  resource: ProtectedResource<Claims>,
  requirement: Requirement<Claims, Context> | OptionalRequirement<Claims, Context> = {},
): MiddlewareHandler {
  const guard = guardOf(resource, requirement);
  return async (context, next) => {
    let headers: Readonly<Record<string, string>>;
    try {
      headers = await guard(context, context.req.raw);
    } catch (error) {
      if (!(error instanceof ResourceError)) throw error;
      return error.toResponse();
    }
    context.set('accessToken', optionalAccessTokenOf(context, resource));
    await next();
    // Afterwards, since a handler may return a Response of its own, which has none of those set before.
    for (const [name, value] of Object.entries(headers)) context.header(name, value);
    return undefined;
  };
}

/** The route of the API's metadata, for `app.use`; add it before any route that takes every path. Source: RFC 9728 §3. */
export function protectedResourceMetadata({
  metadata,
  metadataLocation,
}: Pick<ProtectedResource, 'metadata' | 'metadataLocation'>): MiddlewareHandler {
  return async ({ req: { raw } }, next) => {
    const isAsked = new URL(raw.url).pathname === metadataLocation?.path && /^(?:GET|HEAD)$/.test(raw.method);
    return isAsked ? Response.json(metadata, { headers: metadataHeaders }) : next();
  };
}
