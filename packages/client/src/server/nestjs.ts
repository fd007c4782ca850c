/** `@tessera/client/server/nestjs`: guards and the metadata route of an API on NestJS, on Express or Fastify. */
import type { CanActivate, ExecutionContext, INestApplication } from '@nestjs/common';
import type { ProtectedResource } from './protected-resource.ts';
import type { Requirement } from './requirement.ts';
import { ResourceError } from './resource-error.ts';
import { metadataHeaders } from './resource-metadata.ts';
import { type NodeRequest, resourceRequestOf } from './resource-request.ts';
import { keepAccessToken } from './token-of-request.ts';

export { accessTokenOf } from './token-of-request.ts';

/** A request of Express, or of Fastify, which wraps the one of Node.js. */
interface PlatformRequest extends NodeRequest {
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
 * application's own kind of body; OAuth's headers are set. `accessTokenOf(request)` returns the verified token.
 */
export function requireAccessToken(resource: ProtectedResource, requirement: Requirement = {}): CanActivate {
  return {
    async canActivate(context: ExecutionContext): Promise<boolean> {
      if (context.getType() !== 'http') throw new TypeError('this guard is for routes of HTTP');
      const request = context.switchToHttp().getRequest<PlatformRequest>();
      const response = context.switchToHttp().getResponse<PlatformResponse>();
      try {
        const asked = resourceRequestOf(request.raw ?? request, request.originalUrl);
        const { accessToken, headers } = await resource.authorize(asked, requirement);
        setHeaders(response, headers);
        keepAccessToken(request, accessToken);
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
  { metadata, metadataLocation }: ProtectedResource,
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
