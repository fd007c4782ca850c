/** `@tessera/client/server/nestjs`: guards and the metadata route of an API on NestJS, on Express or Fastify. */
import type { CanActivate, ExecutionContext, INestApplication } from '@nestjs/common';
import type { JWTPayload } from 'jose';
import { guardOf } from './guard.ts';
import type { ProtectedResource } from './protected-resource.ts';
import type { OptionalRequirement, Requirement } from './requirement.ts';
import { ResourceError } from './resource-error.ts';
import { metadataHeaders } from './resource-metadata.ts';
import { type NodeRequest, resourceRequestOf } from './resource-request.ts';

export { accessTokenOf, optionalAccessTokenOf } from './token-of-request.ts';

/** What the requests of Express and Fastify have in common, for `allow`. It may also name the platform's own type. */
export interface PlatformRequest {
  readonly method: string;
  /** The received path and query. */
  readonly originalUrl: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Of the path. */
  readonly params: Readonly<Record<string, string | undefined>>;
  readonly query: unknown;
  readonly body?: unknown;
}

/** Fastify's wraps the one of Node.js. */
interface ReceivedRequest extends NodeRequest {
  readonly raw?: NodeRequest;
  readonly originalUrl: string;
}

/** A response of either; the header is set before the exception is handled. */
interface PlatformResponse {
  header(name: string, value: string): unknown;
}

/**
 * For `@UseGuards(requireAccessToken(notes, { scopes: ['notes:read'] }))`: serves a request only with an access token for the
 * API that meets the requirement. Otherwise it throws {@link ResourceError}, which Nest turns into its status and the
 * application's own kind of body; OAuth's headers are set. `accessTokenOf(request)` returns the verified token. Throws: TypeError
 * for an invalid requirement.
 */
export function requireAccessToken<Claims extends object = JWTPayload, Own extends object = PlatformRequest>(
  resource: ProtectedResource<Claims>,
  requirement: Requirement<Claims, Own> | OptionalRequirement<Claims, Own> = {},
): CanActivate {
  const guard = guardOf(resource, requirement);
  return {
    async canActivate(context: ExecutionContext): Promise<boolean> {
      if (context.getType() !== 'http') throw new TypeError('this guard is for routes of HTTP');
      const request = context.switchToHttp().getRequest<ReceivedRequest & Own>();
      const response = context.switchToHttp().getResponse<PlatformResponse>();
      try {
        const asked = resourceRequestOf(request.raw ?? request, request.originalUrl);
        setHeaders(response, await guard(request, asked));
        return true;
      } catch (error) {
        if (error instanceof ResourceError) setHeaders(response, error.headers);
        throw error;
      }
    },
  };
}

/** Adds the route of the API's metadata; call it before `listen` or `init`. Source: RFC 9728 §3. */
export function serveProtectedResourceMetadata(
  app: INestApplication,
  { metadata, metadataLocation }: Pick<ProtectedResource, 'metadata' | 'metadataLocation'>,
): void {
  if (metadataLocation === undefined) return;
  const adapter = app.getHttpAdapter();
  adapter.get(metadataLocation.path, (_request: unknown, response: PlatformResponse) => {
    setHeaders(response, metadataHeaders);
    adapter.reply(response, metadata, 200);
  });
}

function setHeaders(response: PlatformResponse, headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) response.header(name, value);
}
