/** `@tessera/client/server/fastify`: guards and the metadata route of an API on Fastify. */
import type { FastifyPluginAsync, onRequestAsyncHookHandler } from 'fastify';
import type { ProtectedResource } from './protected-resource.ts';
import type { Requirement } from './requirement.ts';
import { ResourceError } from './resource-error.ts';
import { metadataHeaders } from './resource-metadata.ts';
import { resourceRequestOf } from './resource-request.ts';
import { keepAccessToken } from './token-of-request.ts';

export { accessTokenOf } from './token-of-request.ts';

/**
 * An `onRequest` hook: serves a request only with an access token for the API that meets the requirement; otherwise responds
 * itself with 400, 401, 403, 429 or 503. `accessTokenOf(request)` returns the verified token.
 */
export function requireAccessToken(
  resource: ProtectedResource,
  requirement: Requirement = {},
): onRequestAsyncHookHandler {
  return async (request, reply) => {
    try {
      const asked = resourceRequestOf(request.raw, request.originalUrl);
      const { accessToken, headers } = await resource.authorize(asked, requirement);
      void reply.headers(headers);
      keepAccessToken(request, accessToken);
      return undefined;
    } catch (error) {
      if (!(error instanceof ResourceError)) throw error;
      return reply.code(error.statusCode).headers(error.headers).send(error.body);
    }
  };
}

/** A plugin with the route of the API's metadata; register it without a prefix. Source: RFC 9728 §3. */
export function protectedResourceMetadata({ metadata, metadataLocation }: ProtectedResource): FastifyPluginAsync {
  return async (app) => {
    if (metadataLocation === undefined) return;
    app.get(metadataLocation.path, async (_request, reply) => reply.headers(metadataHeaders).send(metadata));
  };
}
