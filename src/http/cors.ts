import fastifyCors from '@fastify/cors';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import type { RegisteredOrigins } from '../clients/registered-origins';
import { pathOf } from '../logger';
import { StoreUnavailableError } from '../storage/store-unavailable.error';

const sharedPaths = /^\/(?:token|userinfo|revoke|par|api\/me|wallet\/[^/]+|\.well-known\/.+)$/;

/** Lets pages of registered origins call what a browser client needs, without cookies. Source: contract, section Browsers. */
export async function allowRegisteredOrigins(
  app: NestFastifyApplication,
  registered: RegisteredOrigins,
): Promise<void> {
  const isAllowed = async (request: FastifyRequest): Promise<boolean> => {
    const { origin } = request.headers;
    if (origin === undefined || !sharedPaths.test(pathOf(request.url))) return false;
    try {
      return await registered.includes(origin);
    } catch (error) {
      // The route of preflights knows no error filter. Without an answer about the origin its page may not go on anyway.
      if (request.method === 'OPTIONS' && error instanceof StoreUnavailableError) return false;
      throw error;
    }
  };
  await app.register(fastifyCors, {
    delegator: async (request: FastifyRequest) => ({
      origin: await isAllowed(request),
      methods: ['GET', 'POST'],
      allowedHeaders: ['authorization', 'content-type', 'dpop'],
      exposedHeaders: ['www-authenticate', 'retry-after'],
      maxAge: 600,
      strictPreflight: false,
    }),
  });
}
