import { hostname } from 'node:os';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import type { Logger } from 'pino';
import type { Clock } from '../../platform/clock';
import type { Config, TracingSettings } from '../../platform/config';
import type { ServicesOf } from '../../platform/http/endpoint-routes';
import type { Endpoints } from '../../platform/http/endpoints';
import type { RateLimiter } from '../../platform/http/rate-limiter';
import { continuedTrace, setTrace } from '../../domain/events/request-events';
import type { StoreCalls } from '../../platform/storage/store-calls';
import { ownVersion } from '../../platform/version';
import { lostSpansReport } from './lost-spans';
import { RequestTrace } from './request-trace';
import { SampledServices, type StandIn } from './sampled-services';
import { Sampling } from './sampling';
import { SpanThread } from './span-thread';
import { parseTraceparent, traceparentOf } from './trace-context';

const standIns = Symbol('stand-ins');

declare module 'fastify' {
  interface FastifyRequest {
    /** Of a request that is sampled, for the services that answer it. */
    [standIns]: StandIn | null;
  }
}

/** What the tracing of a service is made of. */
export interface Traced {
  readonly config: Config;
  readonly settings: TracingSettings;
  readonly storeCalls: StoreCalls;
  readonly endpoints: Endpoints;
  readonly limiter: RateLimiter;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Hears of each request whose span has ended. `time`: milliseconds since the epoch. */
  readonly onTraced: (request: FastifyRequest, outcome: string, trace: { traceId: string; time: number }) => void;
}

/**
 * Traces the steps of the logins: of each that is sampled a span, with one for each call to the store in it. What goes on
 * with a challenge of a sampled request is sampled too, and linked to it. Must be called before the routes are registered.
 */
export function traceRequests(instance: FastifyInstance, traced: Traced): ServicesOf {
  const { config, settings, storeCalls, endpoints, limiter, clock, logger, onTraced } = traced;
  const identity = { 'service.version': ownVersion(), 'service.instance.id': `${hostname()}:${process.pid}` };
  const spans = new SpanThread(settings, identity, lostSpansReport(logger));
  const sampling = new Sampling(config, settings.ratio);
  const roots = () => [limiter, ...endpoints.all().map(({ controller }) => controller)];
  const services = new SampledServices<RequestTrace>(roots, storeCalls.stores);
  const database = config.mongodbUri === undefined ? 'lmdb' : 'mongodb';

  function begin(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
    const parent = parseTraceparent(request.headers['traceparent']);
    // HEAD has the route of GET and is no step.
    if (request.method !== 'HEAD' && sampling.includes(parent?.traceId)) {
      const begun = RequestTrace.begin(spans, request, reply, { parent, database, now: clock.now() });
      request[standIns] = services.standInsFor(begun);
      setTrace(request, traceparentOf(begun.context));
      // Of the socket, because a request whose connection breaks is never answered.
      reply.raw.once('close', () => end(begun, request, reply));
    }
    done();
  }

  /** A request that was not sampled, and goes on with what a sampled one began. */
  function joinLate(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
    if (request[standIns] === null && continuedTrace(request) !== undefined) {
      const parent = parseTraceparent(request.headers['traceparent']);
      end(RequestTrace.begin(spans, request, reply, { parent, database, now: clock.now() }), request, reply);
    }
    done();
  }

  function end(trace: RequestTrace, request: FastifyRequest, reply: FastifyReply): void {
    onTraced(request, trace.end(request, reply), { traceId: trace.context.traceId, time: clock.now() });
  }

  instance.decorateRequest(standIns, null);
  instance.addHook('onRoute', (route) => {
    if (route.config?.endpoint?.step === undefined) return;
    prepend(route, 'onRequest', begin);
    prepend(route, 'onResponse', joinLate);
  });
  instance.addHook('onClose', () => spans.close());
  storeCalls.listener = (store, operation) => services.caller?.beginStoreCall(store, operation);
  return (request, service) => request[standIns]?.(service) ?? service;
}

function prepend<Name extends 'onRequest' | 'onResponse'>(
  route: RouteOptions,
  name: Name,
  hook: (request: FastifyRequest, reply: FastifyReply, done: () => void) => void,
): void {
  Object.assign(route, { [name]: [hook, ...[route[name] ?? []].flat()] });
}
