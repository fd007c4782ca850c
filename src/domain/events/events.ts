import type { ServiceEvent, Whom } from './event';

/**
 * Where flows say what happened. Each request has its own, which it hands to the flow, so that whoever listens (metrics,
 * the log) knows which request an event belongs to.
 */
export abstract class Events {
  /** The trace context of the request, where it is sampled: a challenge remembers it. Source: W3C Trace Context §3.2. */
  readonly trace: string | undefined = undefined;

  /** Never throws, and never delays the one who tells. */
  abstract emit(event: ServiceEvent): void;

  /** Says whom the request is about, as soon as that is known: if it is refused after all, the refusal tells it. */
  abstract concern(whom: Whom): void;

  /** Says in which trace the challenge was issued that the request goes on with; heard where requests are traced. */
  continueTrace(_trace: string | undefined): void {}
}
