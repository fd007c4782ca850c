import type { ServiceEvent } from '../../domain/events/event';
import { Events } from '../../domain/events/events';

/** The events of a command, which knows from the start whom it is about. */
export class CommandEvents extends Events {
  override readonly isAdministration = true;
  /** Of the change under way. */
  private announced: readonly ServiceEvent[] = [];

  constructor(
    private readonly record: (event: ServiceEvent, earlier: readonly ServiceEvent[]) => void,
    private readonly store: (changes: readonly ServiceEvent[]) => Promise<void>,
  ) {
    super();
  }

  override emit(event: ServiceEvent): void {
    this.record(event, this.announced);
  }

  override async announce(...changes: readonly ServiceEvent[]): Promise<void> {
    await this.store(changes);
    this.announced = [...this.announced, ...changes];
  }

  override concern(): void {}

  /** The change under way is made; another may follow. */
  done(): void {
    this.announced = [];
  }

  /** The change under way failed; `reason`: as of a request. One that was not announced leaves no event. */
  failed(reason: string): void {
    if (this.announced.length > 0) this.emit({ type: 'request_refused', reason });
  }
}
