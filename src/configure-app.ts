import fastifyAccepts from '@fastify/accepts';
import fastifyCookie from '@fastify/cookie';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type FastifyError, type FastifyReply, type FastifyRequest, LogController } from 'fastify';
import type { Logger } from 'pino';
import { AppModule } from './app.module';
import { AuditTrail } from './audit/audit-trail';
import { auditRequests } from './audit/request-audit';
import { RegisteredOrigins } from './clients/registered-origins';
import { Clock } from './clock';
import type { Config } from './config';
import { endPasswordThreads, sharePasswordQueue } from './credentials/password';
import { bodyLimit, readBodies } from './http/bodies';
import { nameClients } from './http/client-address';
import { earlyHeaders, refuseConnection, refuseUnmetExpectations } from './http/connection-errors';
import { shareAcrossOrigins } from './http/cors';
import { drainConnectionsOnClose } from './http/draining';
import { routeEndpoints, type ServicesOf } from './http/endpoint-routes';
import { Endpoints } from './http/endpoints';
import { ErrorWriter } from './http/error-writer';
import { refuseForeignHosts } from './http/host-check';
import { HttpError } from './http/http-error';
import { BareAdapter } from './http/bare-adapter';
import { Parameters } from './http/parameters';
import { errorBody } from './http/protocol-error';
import { RateLimiter } from './http/rate-limiter';
import { RequestEnds } from './http/request-end';
import { giveEvents } from './http/request-events';
import { logRequests } from './http/request-log';
import { RoutedPaths } from './http/routed-paths';
import { setSecurityHeaders } from './http/security-headers';
import { NestLogger } from './logger';
import { Bootstrap } from './operations/bootstrap';
import { Metrics } from './operations/metrics';
import { refuseUntilPrepared } from './operations/refuse-until-prepared';
import { serveDocsAssets } from './operations/docs-page';
import { serveAssets, sharedAssets } from './pages/assets';
import { StoreCalls } from './storage/store-calls';

/**
 * Builds the service, with everything ready but the port. On the embedded store it is seeded and has its keys when this
 * resolves; a MongoDB that is not there yet is waited for in the background, and until then answers are 503.
 * Throws: ConfigError when the store is refused, see StoreOpening.
 */
export async function createApp(config: Config, logger: Logger, clock = new Clock()): Promise<NestFastifyApplication> {
  const adapter = new BareAdapter({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    childLoggerFactory: (parent) => parent,
    bodyLimit,
    requestTimeout: 30_000,
    clientErrorHandler: refuseConnection,
    // Refused in the envelope instead, by refuseUnmetExpectations.
    http: { requireHostHeader: false },
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      const refusal = new HttpError(error.statusCode === 414 ? 'url_too_long' : 'malformed');
      // No hook runs for a path that the router cannot read.
      const { id: reqId, method } = request;
      const { status, error: reason } = refusal;
      logger.warn({ reqId, method, route: 'unmatched', status, event: 'request_refused', reason }, 'request');
      void reply.status(refusal.status).headers(earlyHeaders).send(errorBody(refusal));
    },
    routerOptions: { querystringParser: (query) => Parameters.parse(query) as never },
    schemaController: { compilersFactory: withoutSchemas },
  });
  const instance = adapter.getInstance();
  sharePasswordQueue(config.workers);
  instance.addHook('onClose', endPasswordThreads);
  const app = await NestFactory.create<NestFastifyApplication>(
    await AppModule.register(config, logger, clock),
    adapter,
    {
      bodyParser: false,
      logger: new NestLogger(logger),
      abortOnError: false,
    },
  );
  // Begun first, because what takes longest, the keys, is made on other threads.
  const prepared = app.get(Bootstrap).begin();
  prepared.catch(() => {});
  app.get(RoutedPaths).observe(instance);
  readBodies(instance);
  RequestEnds.watch(instance);
  drainConnectionsOnClose(instance);
  setSecurityHeaders(instance, config);
  refuseUnmetExpectations(instance);
  giveEvents(instance);
  nameClients(instance, config.trustedProxies);
  refuseForeignHosts(instance, config);
  logRequests(instance, logger, clock);
  auditRequests(instance, app.get(AuditTrail));
  refuseUntilPrepared(instance, app.get(Bootstrap));
  shareAcrossOrigins(instance, app.get(RoutedPaths), app.get(RegisteredOrigins));
  app.get(ErrorWriter).serve(instance);
  void instance.register(fastifyAccepts);
  // Parsed where a cookie is asked for: most requests come from no browser.
  void instance.register(fastifyCookie, { hook: false });
  serveAssets(instance, sharedAssets);
  serveDocsAssets(instance);
  const [endpoints, limiter, storeCalls] = [app.get(Endpoints), app.get(RateLimiter), app.get(StoreCalls)];
  let servicesOf: ServicesOf | undefined;
  if (config.tracing !== undefined) {
    // Imported here, so that nothing of it is loaded where it is off.
    const { traceRequests } = await import('./tracing/trace-requests.ts');
    const settings = config.tracing;
    const metrics = app.get(Metrics);
    const onTraced = metrics.keepExemplar.bind(metrics);
    servicesOf = traceRequests(instance, { config, settings, storeCalls, endpoints, limiter, clock, logger, onTraced });
  }
  routeEndpoints(instance, endpoints, limiter, servicesOf);
  // With exit(0), because an end that was asked for is no failure; by default Nest ends with the signal again.
  app.enableShutdownHooks([], { useProcessExit: true });
  await app.init();
  await prepared.catch(async (refusal: unknown) => {
    await app.close();
    throw refusal;
  });
  await instance.ready();
  return app;
}

/** No route has a schema of Fastify's, whose compilers are a tenth of the time that a start takes: they stay unloaded. */
const withoutSchemas = { buildValidator: refuseSchema, buildSerializer: refuseSchema };

function refuseSchema(): never {
  throw new Error('Requests are read by zod: a route has no schema of Fastify');
}
