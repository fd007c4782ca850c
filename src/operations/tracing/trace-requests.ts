import { AsyncLocalStorage } from 'node:async_hooks';
import { hostname } from 'node:os';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import type { Logger } from 'pino';
import type { Clock } from '../../platform/clock';
import type { Config, TracingSettings } from '../../platform/config';
import { continuedTrace, setTrace } from '../../domain/events/request-events';
import type { StoreCalls } from '../../platform/storage/store-calls';
import { ownVersion } from '../../platform/version';
import { lostSpansReport } from './lost-spans';
import { RequestTrace } from './request-trace';
import { Sampling } from './sampling';
import { SpanThread } from './span-thread';
import { parseTraceparent, traceparentOf } from './trace-context';

const traceOfRequest = Symbol('trace');

declare module 'fastify' {
  interface FastifyRequest {
    /** Of a request that is sampled. */
    [traceOfRequest]: RequestTrace | null;
  }
}

/** What the tracing of a service is made of. */
export interface Traced {
  readonly config: Config;
  readonly settings: TracingSettings;
  readonly storeCalls: StoreCalls;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Hears of each request whose span has ended. `time`: milliseconds since the epoch. */
  readonly onTraced: (request: FastifyRequest, outcome: string, trace: { traceId: string; time: number }) => void;
}

/**
 * Traces the steps of the logins: of each that is sampled a span, with one for each call to the store in it. What goes on
 * with a challenge of a sampled request is sampled too, and linked to it. Must be called before the routes are registered.
 * A sampled request alone enters the AsyncLocalStorage that tells a call to the store whose it is.
 */
export function traceRequests(instance: FastifyInstance, traced: Traced): void {
  const { config, settings, storeCalls, clock, logger, onTraced } = traced;
  const identity = { 'service.version': ownVersion(), 'service.instance.id': `${hostname()}:${process.pid}` };
  const spans = new SpanThread(settings, identity, lostSpansReport(logger));
  const sampling = new Sampling(config, settings.ratio);
  const current = new AsyncLocalStorage<RequestTrace>();
  const database = config.mongodbUri === undefined ? 'lmdb' : 'mongodb';

  function begin(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
    const parent = parseTraceparent(request.headers['traceparent']);
    // HEAD has the route of GET and is no step.
    if (request.method !== 'HEAD' && sampling.includes(parent?.traceId)) {
      const begun = RequestTrace.begin(spans, request, reply, { parent, database, now: clock.now() });
      request[traceOfRequest] = begun;
      setTrace(request, traceparentOf(begun.context));
      // Of the socket, because a request whose connection breaks is never answered.
      reply.raw.once('close', () => end(begun, request, reply));
    }
    done();
  }

  /** Once the body is there: what arrives at a socket runs in the context of the connection. */
  function enter(request: FastifyRequest, _reply: FastifyReply, done: () => void): void {
    const trace = request[traceOfRequest];
    if (trace === null) done();
    else current.run(trace, done);
  }

  /** A request that was not sampled, and goes on with what a sampled one began. */
  function joinLate(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
    if (request[traceOfRequest] === null && continuedTrace(request) !== undefined) {
      const parent = parseTraceparent(request.headers['traceparent']);
      end(RequestTrace.begin(spans, request, reply, { parent, database, now: clock.now() }), request, reply);
    }
    done();
  }

  function end(trace: RequestTrace, request: FastifyRequest, reply: FastifyReply): void {
    onTraced(request, trace.end(request, reply), { traceId: trace.context.traceId, time: clock.now() });
  }

  instance.decorateRequest(traceOfRequest, null);
  instance.addHook('onRoute', (route) => {
    if (route.config?.endpoint?.step === undefined) return;
    prepend(route, 'onRequest', begin);
    prepend(route, 'preHandler', enter);
    prepend(route, 'onResponse', joinLate);
  });
  instance.addHook('onClose', () => spans.close());
  storeCalls.listener = (store, operation) => current.getStore()?.beginStoreCall(store, operation);
}

function prepend<Name extends 'onRequest' | 'preHandler' | 'onResponse'>(
  route: RouteOptions,
  name: Name,
  hook: (request: FastifyRequest, reply: FastifyReply, done: () => void) => void,
): void {
  Object.assign(route, { [name]: [hook, ...[route[name] ?? []].flat()] });
}
