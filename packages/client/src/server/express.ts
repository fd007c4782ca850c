/** `@tessera/client/server/express`: guards and the metadata route of an API on Express. */
import type { Request, RequestHandler, Response } from 'express';
import type { JWTPayload } from 'jose';
import { guardOf } from './guard.ts';
import type { ProtectedResource } from './protected-resource.ts';
import type { OptionalRequirement, Requirement } from './requirement.ts';
import { ResourceError } from './resource-error.ts';
import { metadataHeaders } from './resource-metadata.ts';
import { resourceRequestOf } from './resource-request.ts';

export { accessTokenOf, optionalAccessTokenOf } from './token-of-request.ts';

/**
 * Serves a request only with an access token for the API that meets the requirement; otherwise responds itself with 400, 401,
 * 403, 429 or 503. `accessTokenOf(request)` returns the verified token. Throws: TypeError for an invalid requirement.
 */
export function requireAccessToken<Claims extends object = JWTPayload>(
  resource: ProtectedResource<Claims>,
  requirement: Requirement<Claims, Request> | OptionalRequirement<Claims, Request> = {},
): RequestHandler {
  const guard = guardOf(resource, requirement);
  return async (request, response, next) => {
    try {
      response.set(await guard(request, resourceRequestOf(request, request.originalUrl)));
    } catch (error) {
      if (!(error instanceof ResourceError)) return next(error);
      response.status(error.statusCode).set(error.headers).json(error.body);
      return undefined;
    }
    return next();
  };
}

/** The route of the API's metadata; add it before any router that takes every path. Source: RFC 9728 §3. */
export function protectedResourceMetadata({
  metadata,
  metadataLocation,
}: Pick<ProtectedResource, 'metadata' | 'metadataLocation'>): RequestHandler {
  return (request: Request, response: Response, next) => {
    if (metadataLocation === undefined || request.path !== metadataLocation.path) return next();
    if (request.method !== 'GET' && request.method !== 'HEAD') return next();
    response.set(metadataHeaders).json(metadata);
    return undefined;
  };
}
