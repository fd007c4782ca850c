import type { ServiceEvent, Whom } from './event';

/**
 * Where flows say what happened. Each request has its own, which it hands to the flow, so that whoever listens (metrics,
 * the log) knows which request an event belongs to.
 */
export abstract class Events {
  /** Never throws, and never delays the one who tells. */
  abstract emit(event: ServiceEvent): void;

  /** Says whom the request is about, as soon as that is known: if it is refused after all, the refusal tells it. */
  abstract concern(whom: Whom): void;
}
