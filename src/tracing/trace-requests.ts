import { AsyncLocalStorage } from 'node:async_hooks';
import { hostname } from 'node:os';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import type { Logger } from 'pino';
import type { Clock } from '../clock';
import type { Config, TracingSettings } from '../config';
import { continuedTrace, setTrace } from '../http/request-events';
import type { StoreCallListener, StoreCalls } from '../storage/store-calls';
import { ownVersion } from '../version';
import { lostSpansReport } from './lost-spans';
import { RequestTrace } from './request-trace';
import { Sampling } from './sampling';
import { parseTraceparent, traceparentOf } from './trace-context';

const trace = Symbol('trace');

declare module 'fastify' {
  interface FastifyRequest {
    /** Of a request that is sampled. */
    [trace]: RequestTrace | null;
  }
}

/** What the tracing of a service is made of. */
export interface Traced {
  readonly config: Config;
  readonly settings: TracingSettings;
  readonly storeCalls: StoreCalls;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Traces the steps of the logins: of each that is sampled a span, with one for each call to the store in it. What goes on
 * with a challenge of a sampled request is sampled too, and linked to it. Must be called before the routes are registered.
 */
export async function traceRequests(instance: FastifyInstance, traced: Traced): Promise<void> {
  const { config, settings, storeCalls, clock, logger } = traced;
  const { openTelemetry } = await import('./open-telemetry.ts');
  const identity = { 'service.version': ownVersion(), 'service.instance.id': `${hostname()}:${process.pid}` };
  const spans = openTelemetry(settings, identity, lostSpansReport(logger));
  const sampling = new Sampling(config, settings.ratio);
  const current = new AsyncLocalStorage<RequestTrace>();
  const database = config.mongodbUri === undefined ? 'lmdb' : 'mongodb';
  let open = 0;

  function begin(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
    const parent = parseTraceparent(request.headers['traceparent']);
    if (isStep(request) && sampling.includes(parent?.traceId)) {
      const begun = RequestTrace.begin(spans, request, reply, { parent, database, now: clock.now() });
      request[trace] = begun;
      setTrace(request, traceparentOf(begun.context));
      open += 1;
      // Of the socket, because a request whose connection breaks is never answered.
      reply.raw.once('close', () => {
        begun.end(request, reply);
        open -= 1;
        // Following requests through the code costs all of them as long as it is on.
        if (open === 0) current.disable();
      });
    }
    done();
  }

  /** After the body, whose arrival is nobody's doing. */
  function enter(request: FastifyRequest, _reply: FastifyReply, done: () => void): void {
    const begun = request[trace];
    if (begun === null) done();
    else current.run(begun, done);
  }

  /** A request that was not sampled, and goes on with what a sampled one began. */
  function joinLate(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
    if (request[trace] === null && continuedTrace(request) !== undefined) {
      const parent = parseTraceparent(request.headers['traceparent']);
      RequestTrace.begin(spans, request, reply, { parent, database, now: clock.now() }).end(request, reply);
    }
    done();
  }

  instance.decorateRequest(trace, null);
  instance.addHook('onRoute', (route) => {
    if (route.config?.endpoint?.step === undefined) return;
    prepend(route, 'onRequest', begin);
    prepend(route, 'preHandler', enter);
    prepend(route, 'onResponse', joinLate);
  });
  instance.addHook('onClose', () => spans.close());
  const listener: StoreCallListener = (store, operation) => current.getStore()?.beginStoreCall(store, operation);
  storeCalls.listener = listener;
}

/** HEAD has the route of GET and is no step. */
function isStep({ method, routeOptions }: FastifyRequest): boolean {
  return routeOptions.config.endpoint?.method === method;
}

function prepend<Name extends 'onRequest' | 'preHandler' | 'onResponse'>(
  route: RouteOptions,
  name: Name,
  hook: (request: FastifyRequest, reply: FastifyReply, done: () => void) => void,
): void {
  Object.assign(route, { [name]: [hook, ...[route[name] ?? []].flat()] });
}
