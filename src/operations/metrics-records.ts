import { Injectable } from '@nestjs/common';
import { Clock } from '../clock';
import { type InspectedCollection, inspectedCollections, StoreInspector } from '../storage/store-inspector';

/** A count walks over the table, and anybody may ask for it. */
const countAtMostEveryMs = 2_000;

export type RecordCounts = Readonly<Record<InspectedCollection, number>>;

/** How many records the store holds, counted at most every two seconds. */
@Injectable()
export class StoreRecords {
  private countedAt = Number.NEGATIVE_INFINITY;
  private counts: Promise<RecordCounts> | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly inspector: StoreInspector,
  ) {}

  /** Rejects with StoreUnavailableError. */
  async counted(): Promise<RecordCounts> {
    const now = this.clock.now();
    if (this.counts === undefined || now - this.countedAt >= countAtMostEveryMs) {
      this.countedAt = now;
      this.counts = this.count();
      // A store that does not answer is asked again by the next caller.
      this.counts.catch(() => (this.counts = undefined));
    }
    return this.counts;
  }

  private async count(): Promise<RecordCounts> {
    const entries = await Promise.all(
      inspectedCollections.map(async (name) => [name, await this.inspector.count(name)] as const),
    );
    return Object.fromEntries(entries) as Record<InspectedCollection, number>;
  }
}
