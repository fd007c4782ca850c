import fastifyAccepts from '@fastify/accepts';
import fastifyCookie from '@fastify/cookie';
import fastifyHelmet from '@fastify/helmet';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type FastifyError, type FastifyReply, type FastifyRequest, LogController } from 'fastify';
import type { Logger } from 'pino';
import { AppModule } from './app.module';
import { Clock } from './clock';
import type { Config } from './config';
import { AllowedMethods } from './http/allowed-methods';
import { bodyLimit, readBodies } from './http/bodies';
import { earlyHeaders, refuseConnection, refuseUnmetExpectations } from './http/connection-errors';
import { allowRegisteredOrigins } from './http/cors';
import { drainConnectionsOnClose } from './http/draining';
import { ErrorFilter } from './http/error.filter';
import { HttpError } from './http/http-error';
import { Parameters } from './http/parameters';
import { errorBody } from './http/protocol-error';
import { LOGGER, NestLogger } from './logger';
import { Bootstrap } from './operations/bootstrap';
import { ApiDocument } from './operations/docs';
import { serveDocsAssets } from './operations/docs-page';
import { serveAssets } from './pages/assets';
import { PageRenderer } from './pages/page-renderer';
import { ClientStore } from './clients/client-store';

/**
 * Builds the service, with everything ready but the port. On the embedded store it is seeded and has its keys when this
 * resolves; a MongoDB that is not there yet is waited for in the background, and until then answers are 503.
 * Throws: ConfigError when production meets a store that holds demo accounts or demo keys.
 */
export async function createApp(config: Config, logger: Logger, clock = new Clock()): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit,
    trustProxy: config.trustedProxies.length > 0 && [...config.trustedProxies],
    requestTimeout: 30_000,
    clientErrorHandler: refuseConnection,
    // Refused in the envelope instead, by refuseUnmetExpectations.
    http: { requireHostHeader: false },
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      const refusal = new HttpError(error.statusCode === 414 ? 'url_too_long' : 'malformed');
      logger.warn({ reqId: request.id, status: refusal.status }, 'request refused');
      void reply.status(refusal.status).headers(earlyHeaders).send(errorBody(refusal));
    },
    routerOptions: { querystringParser: (query) => Parameters.parse(query) as never },
    schemaController: { compilersFactory: withoutSchemas },
  });
  const instance = adapter.getInstance();
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.register(config, logger, clock), adapter, {
    bodyParser: false,
    logger: new NestLogger(logger),
    abortOnError: false,
  });
  // Begun first, because what takes longest, keys and a password's hash, is made on other threads.
  const prepared = app.get(Bootstrap).begin();
  prepared.catch(() => {});
  app.get(AllowedMethods).observe(instance);
  readBodies(instance);
  refuseUnmetExpectations(instance);
  drainConnectionsOnClose(instance);
  instance.addHook('onResponse', async (request, reply) => {
    // The route's pattern rather than the path: whatever was put into an unknown path stays out of the log.
    const route = request.routeOptions.url ?? 'unmatched';
    const { statusCode: status, elapsedTime: ms } = reply;
    logger.info({ reqId: request.id, method: request.method, route, status, ms: Math.round(ms * 10) / 10 }, 'request');
  });
  await app.register(fastifyAccepts);
  await app.register(fastifyCookie);
  await app.register(fastifyHelmet, securityHeaders(config));
  await allowRegisteredOrigins(app, app.get(ClientStore));
  await serveAssets(app);
  await serveDocsAssets(app);
  app.useGlobalFilters(new ErrorFilter(app.get(LOGGER), app.get(AllowedMethods), app.get(PageRenderer)));
  // With exit(0), because an end that was asked for is no failure; by default Nest ends with the signal again.
  app.enableShutdownHooks([], { useProcessExit: true });
  await app.init();
  app.get(ApiDocument).draw(app, config.issuer);
  await prepared;
  await instance.ready();
  return app;
}

/** No route has a schema of Fastify's, whose compilers are a tenth of the time that a start takes: they stay unloaded. */
const withoutSchemas = { buildValidator: refuseSchema, buildSerializer: refuseSchema };

function refuseSchema(): never {
  throw new Error('Requests are read by zod: a route has no schema of Fastify');
}

/** Source: contract, section Browsers. */
function securityHeaders(config: Config) {
  return {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
        // No form-action: it would stop the redirect to the client that follows the login form.
      },
    },
    // A client that logs in through a popup must find its window.opener again when the answer comes back.
    crossOriginOpenerPolicy: { policy: 'unsafe-none' as const },
    frameguard: { action: 'deny' as const },
    referrerPolicy: { policy: 'no-referrer' as const },
    strictTransportSecurity: config.issuer.startsWith('https:') ? { maxAge: 31_536_000 } : false,
  };
}
