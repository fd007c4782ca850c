import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Actor } from './actor';
import type { ServiceEvent, Whom } from './event';
import { Events } from './events';

/** Stores events of a request; see {@link Events.announce}. */
type Announce = (request: FastifyRequest, changes: readonly ServiceEvent[]) => Promise<void>;

const events = Symbol('events');
const announce = Symbol('announce');

declare module 'fastify' {
  interface FastifyInstance {
    readonly [announce]: Announce;
  }
  interface FastifyRequest {
    /** Receives the events of this request. */
    readonly events: Events;
    [events]: RequestEvents | null;
  }
}

class RequestEvents extends Events {
  readonly emitted: ServiceEvent[] = [];
  /** Those of them that have been stored. */
  readonly announced: ServiceEvent[] = [];
  actor: Actor | undefined = undefined;
  override isAdministration = false;
  private whom: Whom = {};
  override trace: string | undefined = undefined;
  continued: string | undefined = undefined;

  constructor(private readonly request: FastifyRequest) {
    super();
  }

  override async announce(...changes: readonly ServiceEvent[]): Promise<void> {
    await this.request.server[announce](this.request, changes);
    this.emitted.push(...changes);
    this.announced.push(...changes);
  }

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

/** Gives each request its own events, created at first use; `announcing` stores those that are announced. */
export function giveEvents(instance: FastifyInstance, announcing: Announce): void {
  instance.decorate(announce, announcing);
  instance.decorateRequest(events, null);
  instance.decorateRequest('events', {
    getter(this: FastifyRequest) {
      return eventsIn(this);
    },
  });
}

function eventsIn(request: FastifyRequest): RequestEvents {
  request[events] ??= new RequestEvents(request);
  return request[events];
}

/** The events of the request so far, in order. */
export function eventsOf(request: FastifyRequest): readonly ServiceEvent[] {
  return request[events]?.emitted ?? [];
}

/** Those of {@link eventsOf} that have not been announced. */
export function newEventsOf(request: FastifyRequest): readonly ServiceEvent[] {
  const announced = announcedEventsOf(request);
  const emitted = eventsOf(request);
  return announced.length === 0 ? emitted : emitted.filter((event) => !announced.includes(event));
}

/** Those of {@link eventsOf} that have been announced, and so stored. */
export function announcedEventsOf(request: FastifyRequest): readonly ServiceEvent[] {
  return request[events]?.announced ?? [];
}

/** Names who sends the request, for its events; `changes`: it may change something. */
export function actAs(request: FastifyRequest, actor: Actor, changes: boolean): void {
  const own = eventsIn(request);
  own.actor = actor;
  own.isAdministration = changes;
}

/** Whoever sends an administration request, once admitted. */
export function actorOf(request: FastifyRequest): Actor | undefined {
  return request[events]?.actor;
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
