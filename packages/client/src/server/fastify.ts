/** `@tessera/client/server/fastify`: guards and the metadata route of an API on Fastify. */
import type { FastifyPluginAsync, FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import type { JWTPayload } from 'jose';
import { guardOf } from './guard.ts';
import type { ProtectedResource } from './protected-resource.ts';
import type { OptionalRequirement, Requirement } from './requirement.ts';
import { ResourceError } from './resource-error.ts';
import { metadataHeaders } from './resource-metadata.ts';
import { resourceRequestOf } from './resource-request.ts';

export { accessTokenOf, optionalAccessTokenOf } from './token-of-request.ts';

/**
 * An `onRequest` hook: serves a request only with an access token for the API that meets the requirement; otherwise responds
 * itself with 400, 401, 403, 429 or 503. `accessTokenOf(request)` returns the verified token. `allow` is asked before the body
 * is read. Throws: TypeError for an invalid requirement.
 */
export function requireAccessToken<Claims extends object = JWTPayload>(
  resource: ProtectedResource<Claims>,
  requirement: Requirement<Claims, FastifyRequest> | OptionalRequirement<Claims, FastifyRequest> = {},
): onRequestAsyncHookHandler {
  const guard = guardOf(resource, requirement);
  return async (request, reply) => {
    try {
      void reply.headers(await guard(request, resourceRequestOf(request.raw, request.originalUrl)));
      return undefined;
    } catch (error) {
      if (!(error instanceof ResourceError)) throw error;
      return reply.code(error.statusCode).headers(error.headers).send(error.body);
    }
  };
}

/** A plugin with the route of the API's metadata; register it without a prefix. Source: RFC 9728 §3. */
export function protectedResourceMetadata({
  metadata,
  metadataLocation,
}: Pick<ProtectedResource, 'metadata' | 'metadataLocation'>): FastifyPluginAsync {
  return async (app) => {
    if (metadataLocation === undefined) return;
    app.get(metadataLocation.path, async (_request, reply) => reply.headers(metadataHeaders).send(metadata));
  };
}
