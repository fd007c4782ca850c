import type { FastifyReply, FastifyRequest } from 'fastify';
import { clientIdOf, outcomeOf, stepOf } from '../metrics/ended-step';
import { continuedTrace, eventsOf } from '../../domain/events/request-events';
import type { StoreCallEnd } from '../../platform/storage/store-calls';
import type { Attributes, OpenSpan, Spans } from './spans';
import { parseTraceparent, type TraceContext } from './trace-context';

/** So many calls to the store become spans of one request; a login makes under twenty. */
const storeCallsAtMost = 100;

interface Beginning {
  /** The caller's span. */
  readonly parent: TraceContext | undefined;
  readonly database: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The span of one request, with those of its calls to the store. */
export class RequestTrace {
  private ended = false;
  private storeCalls = 0;

  private constructor(
    private readonly spans: Spans,
    private readonly span: OpenSpan,
    private readonly database: string,
    /** Milliseconds from when the process began to the epoch: a clock that is set meanwhile changes no duration. */
    private readonly offset: number,
  ) {}

  /** Begins it at the time that the request came in. */
  static begin(
    spans: Spans,
    request: FastifyRequest,
    reply: FastifyReply,
    { parent, database, now }: Beginning,
  ): RequestTrace {
    const { method } = request;
    const route = request.routeOptions.url ?? 'unmatched';
    const span = spans.start({
      name: `${method} ${route}`,
      kind: 'server',
      startedAt: now - reply.elapsedTime,
      parent,
      attributes: { 'http.request.method': method, 'http.route': route },
    });
    return new RequestTrace(spans, span, database, now - performance.now());
  }

  get context(): TraceContext {
    return this.span.context;
  }

  /** Returns who is to be told of its end; undefined of a request that is over. */
  beginStoreCall(store: string, operation: string): StoreCallEnd | undefined {
    if (this.ended || this.storeCalls >= storeCallsAtMost) return undefined;
    this.storeCalls += 1;
    const span = this.spans.start({
      name: `${store}.${operation}`,
      kind: 'client',
      startedAt: this.now(),
      parent: this.context,
      attributes: {
        'db.system.name': this.database,
        'db.collection.name': store,
        'db.operation.name': operation,
      },
    });
    return (error) => {
      const attributes: Attributes = error instanceof Error ? { 'error.type': error.constructor.name } : {};
      span.end({ endedAt: this.now(), attributes, failed: error !== undefined });
    };
  }

  /** Ends it with what has become of the request, which is over; returns its outcome. */
  end(request: FastifyRequest, reply: FastifyReply): string {
    this.ended = true;
    const attributes = endOf(request, reply);
    this.span.end({
      endedAt: this.now(),
      attributes,
      link: parseTraceparent(continuedTrace(request)),
      failed: reply.raw.writableFinished && reply.statusCode >= 500,
    });
    return attributes['tessera.outcome'];
  }

  private now(): number {
    return this.offset + performance.now();
  }
}

/** What the request was, whom it was about, and how it ended. */
function endOf(
  request: FastifyRequest,
  { raw, statusCode }: FastifyReply,
): Attributes & { readonly 'tessera.outcome': string } {
  const events = eventsOf(request);
  const [step, clientId, last] = [stepOf(request), clientIdOf(events), events.at(-1)];
  return {
    ...(step !== undefined && { 'tessera.model': step.model, 'tessera.step': step.step }),
    ...(clientId !== undefined && { 'tessera.client_id': clientId }),
    'tessera.outcome': outcomeOf(events, statusCode, !raw.writableFinished),
    ...(last?.type === 'request_refused' && { 'tessera.reason': last.reason }),
    ...(raw.writableFinished && { 'http.response.status_code': statusCode }),
  };
}
