import type { ServiceEvent, Whom } from '../../../src/domain/events/event';
import { Events } from '../../../src/domain/events/events';

/** Keeps what a flow says, in order. */
export class RecordedEvents extends Events {
  readonly all: ServiceEvent[] = [];
  whom: Whom = {};

  override emit(event: ServiceEvent): void {
    this.all.push(event);
  }

  override async announce(...changes: readonly ServiceEvent[]): Promise<void> {
    this.all.push(...changes);
  }

  override concern(whom: Whom): void {
    this.whom = { ...this.whom, ...whom };
  }

  /** The types alone, for what is to be said and in which order. */
  get types(): string[] {
    return this.all.map(({ type }) => type);
  }
}
