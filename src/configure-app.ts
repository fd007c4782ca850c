import fastifyAccepts from '@fastify/accepts';
import fastifyCookie from '@fastify/cookie';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type FastifyError, type FastifyReply, type FastifyRequest, LogController } from 'fastify';
import type { Logger } from 'pino';
import { AppModule } from './app.module';
import { AuditTrail } from './operations/audit/audit-trail';
import { hideAdministration } from './operations/admin/admin-access';
import { Operators } from './domain/operators/operators';
import { announcingIn, auditRequests } from './operations/audit/request-audit';
import { RegisteredOrigins } from './platform/http/registered-origins';
import { Clock } from './platform/clock';
import type { Config } from './platform/config';
import { endPasswordThreads, sharePasswordQueue } from './domain/credentials/password';
import { bodyLimit, readBodies } from './platform/http/bodies';
import { nameClients } from './platform/http/client-address';
import { earlyHeaders, refuseConnection, refuseUnmetExpectations } from './platform/http/connection-errors';
import { shareAcrossOrigins } from './platform/http/cors';
import { drainConnectionsOnClose } from './platform/http/draining';
import { routeEndpoints } from './platform/http/endpoint-routes';
import { Endpoints } from './platform/http/endpoints';
import { ErrorWriter } from './platform/http/error-writer';
import { refuseForeignHosts } from './platform/http/host-check';
import { HttpError } from './platform/http/http-error';
import { BareAdapter } from './platform/http/bare-adapter';
import { Parameters } from './platform/http/parameters';
import { errorBody } from './platform/http/protocol-error';
import { RateLimiter } from './platform/http/rate-limiter';
import { RequestEnds } from './platform/http/request-end';
import { giveEvents } from './domain/events/request-events';
import { logRequests } from './operations/log/request-log';
import { RoutedPaths } from './platform/http/routed-paths';
import { setSecurityHeaders } from './platform/http/security-headers';
import { NestLogger } from './platform/logger';
import { Bootstrap } from './operations/health/bootstrap';
import { Metrics } from './operations/metrics/metrics';
import { refuseUntilPrepared } from './operations/health/refuse-until-prepared';
import { serveDocsAssets } from './operations/docs/docs-page';
import { serveAssets, sharedAssets } from './platform/pages/assets';
import { StoreCalls } from './platform/storage/store-calls';

/**
 * Builds the service, ready except for the port. An embedded store is seeded and has its keys when this resolves; for MongoDB
 * the service waits in the background and answers 503 until then. Throws: ConfigError when the store is refused, see
 * StoreOpening.
 */
export async function createApp(config: Config, logger: Logger, clock = new Clock()): Promise<NestFastifyApplication> {
  const adapter = new BareAdapter({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    childLoggerFactory: (parent) => parent,
    bodyLimit,
    requestTimeout: 30_000,
    clientErrorHandler: refuseConnection,
    // Replaced by refuseUnmetExpectations, which answers in the envelope.
    http: { requireHostHeader: false },
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      const refusal = new HttpError(error.statusCode === 414 ? 'url_too_long' : 'malformed');
      // No hook runs for a path that the router cannot parse.
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
  // Started first: the keys take longest and are generated on other threads.
  const prepared = app.get(Bootstrap).begin();
  prepared.catch(() => {});
  app.get(RoutedPaths).observe(instance);
  readBodies(instance);
  RequestEnds.watch(instance);
  drainConnectionsOnClose(instance);
  setSecurityHeaders(instance, config);
  refuseUnmetExpectations(instance);
  giveEvents(instance, announcingIn(app.get(AuditTrail)));
  nameClients(instance, config.trustedProxies);
  refuseForeignHosts(instance, config);
  logRequests(instance, logger, clock);
  auditRequests(instance, app.get(AuditTrail));
  refuseUntilPrepared(instance, app.get(Bootstrap));
  shareAcrossOrigins(instance, app.get(RoutedPaths), app.get(RegisteredOrigins));
  hideAdministration(instance, app.get(Operators));
  app.get(ErrorWriter).serve(instance);
  void instance.register(fastifyAccepts);
  // Cookies are parsed on demand: most requests come from no browser.
  void instance.register(fastifyCookie, { hook: false });
  serveAssets(instance, sharedAssets);
  serveDocsAssets(instance);
  if (config.tracing !== undefined) {
    // Imported here, so that nothing is loaded while it is off.
    const { traceRequests } = await import('./operations/tracing/trace-requests.ts');
    const [settings, storeCalls, metrics] = [config.tracing, app.get(StoreCalls), app.get(Metrics)];
    const onTraced = metrics.keepExemplar.bind(metrics);
    traceRequests(instance, { config, settings, storeCalls, clock, logger, onTraced });
  }
  routeEndpoints(instance, app.get(Endpoints), app.get(RateLimiter));
  // exit(0), because a requested stop is no failure; by default Nest ends with the signal again.
  app.enableShutdownHooks([], { useProcessExit: true });
  await app.init();
  await prepared.catch(async (refusal: unknown) => {
    await app.close();
    throw refusal;
  });
  await instance.ready();
  return app;
}

/** No route has a Fastify schema. The schema compilers take a tenth of the start, so they are not loaded. */
const withoutSchemas = { buildValidator: refuseSchema, buildSerializer: refuseSchema };

function refuseSchema(): never {
  throw new Error('Requests are read by zod: a route has no schema of Fastify');
}
