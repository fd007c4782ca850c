import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ServiceEvent, Whom } from './event';
import { Events } from './events';

const events = Symbol('events');

declare module 'fastify' {
  interface FastifyRequest {
    /** Where it is told what happens in this request. */
    readonly events: Events;
    [events]: RequestEvents | null;
  }
}

class RequestEvents extends Events {
  readonly told: ServiceEvent[] = [];
  /** How many of them {@link newEventsOf} has returned. */
  taken = 0;
  isAdministration = false;
  private whom: Whom = {};
  override trace: string | undefined = undefined;
  continued: string | undefined = undefined;

  override emit(event: ServiceEvent): void {
    this.told.push(event.type === 'request_refused' ? { ...this.whom, ...event } : event);
  }

  override concern(whom: Whom): void {
    this.whom = { ...this.whom, ...whom };
  }

  override continueTrace(trace: string | undefined): void {
    this.continued = trace;
  }
}

/** Gives each request its own events, made when the first of them is told. */
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

/** What has happened in the request so far, in its order. */
export function eventsOf(request: FastifyRequest): readonly ServiceEvent[] {
  return request[events]?.told ?? [];
}

/** What has happened in it since this was asked before. */
export function newEventsOf(request: FastifyRequest): readonly ServiceEvent[] {
  const own = request[events];
  if (own === null || own.taken === own.told.length) return [];
  const isNew = own.told.slice(own.taken);
  own.taken = own.told.length;
  return isNew;
}

/** Says that an operator was let in, to change something. */
export function markAdministration(request: FastifyRequest): void {
  eventsIn(request).isAdministration = true;
}

export function isAdministration(request: FastifyRequest): boolean {
  return request[events]?.isAdministration ?? false;
}

/** Lets what the request does know its trace context; see {@link Events.trace}. */
export function setTrace(request: FastifyRequest, trace: string): void {
  eventsIn(request).trace = trace;
}

/** The trace context that a challenge of this request remembered. */
export function continuedTrace(request: FastifyRequest): string | undefined {
  return request[events]?.continued;
}
