import type { ServiceEvent, Whom } from './event';

/**
 * Where flows report what happened. Each request has its own instance, so that listeners (metrics, the log) know the request of
 * an event.
 */
export abstract class Events {
  /** The trace context of a sampled request, which a challenge records. Source: W3C Trace Context §3.2. */
  readonly trace: string | undefined = undefined;
  /** Whether an operator acts, whose changes are announced before they are made. */
  readonly isAdministration: boolean = false;

  /** Never throws and never delays the caller. */
  abstract emit(event: ServiceEvent): void;

  /**
   * Stores the events of an operator's change, which must only be made once this resolves: no change is without its event. When
   * the change then fails, a `request_refused` follows. Throws: StoreUnavailableError.
   */
  abstract announce(...changes: readonly ServiceEvent[]): Promise<void>;

  /** Reports whom the request is about as soon as it is known, for the event of a later refusal. */
  abstract concern(whom: Whom): void;

  /** Links the request to the trace in which its challenge was issued; only used while tracing is on. */
  continueTrace(_trace: string | undefined): void {}
}
