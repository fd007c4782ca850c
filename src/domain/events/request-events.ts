import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ServiceEvent, Whom } from './event';
import { Events } from './events';

const events = Symbol('events');

declare module 'fastify' {
  interface FastifyRequest {
    /** Receives the events of this request. */
    readonly events: Events;
    [events]: RequestEvents | null;
  }
}

class RequestEvents extends Events {
  readonly emitted: ServiceEvent[] = [];
  /** How many of them {@link newEventsOf} has returned. */
  taken = 0;
  isAdministration = false;
  private whom: Whom = {};
  override trace: string | undefined = undefined;
  continued: string | undefined = undefined;

  override emit(event: ServiceEvent): void {
    this.emitted.push(event.type === 'request_refused' ? { ...this.whom, ...event } : event);
  }

  override concern(whom: Whom): void {
    this.whom = { ...this.whom, ...whom };
  }

  override continueTrace(trace: string | undefined): void {
    this.continued = trace;
  }
}

/** Gives each request its own events, created at first use. */
export function giveEvents(instance: FastifyInstance): void {
  instance.decorateRequest(events, null);
  instance.decorateRequest('events', {
    getter(this: FastifyRequest) {
      return eventsIn(this);
    },
  });
}

function eventsIn(request: FastifyRequest): RequestEvents {
  request[events] ??= new RequestEvents();
  return request[events];
}

/** The events of the request so far, in order. */
export function eventsOf(request: FastifyRequest): readonly ServiceEvent[] {
  return request[events]?.emitted ?? [];
}

/** The events since the last call. */
export function newEventsOf(request: FastifyRequest): readonly ServiceEvent[] {
  const own = request[events];
  if (own === null || own.taken === own.emitted.length) return [];
  const isNew = own.emitted.slice(own.taken);
  own.taken = own.emitted.length;
  return isNew;
}

/** Marks a request as an operator's that may change something. */
export function markAdministration(request: FastifyRequest): void {
  eventsIn(request).isAdministration = true;
}

export function isAdministration(request: FastifyRequest): boolean {
  return request[events]?.isAdministration ?? false;
}

/** Sets the trace context of the request; see {@link Events.trace}. */
export function setTrace(request: FastifyRequest, trace: string): void {
  eventsIn(request).trace = trace;
}

/** The trace context that a challenge of this request recorded. */
export function continuedTrace(request: FastifyRequest): string | undefined {
  return request[events]?.continued;
}
