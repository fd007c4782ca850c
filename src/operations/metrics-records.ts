import { Injectable } from '@nestjs/common';
import { Clock } from '../clock';
import { StoreInspector } from '../storage/store-inspector';
import { type InspectedCollection, inspectedCollections } from './inspected-collections';

/** Anybody may ask, and each count is work for the store. */
const countAtMostEveryMs = 2_000;
const walkedAtMost = 5_000;

export type RecordCounts = Readonly<Record<InspectedCollection, number>>;
export type KindCounts = Readonly<Record<string, number>>;

/** How many records the store holds, counted at most every two seconds. */
@Injectable()
export class StoreRecords {
  private readonly collections: Recent<RecordCounts>;
  private readonly challengeKinds: Recent<KindCounts>;

  constructor(clock: Clock, inspector: StoreInspector) {
    this.collections = new Recent(clock, async () => {
      const counts = inspectedCollections.map(async (name) => [name, await inspector.count(name)] as const);
      return Object.fromEntries(await Promise.all(counts)) as Record<InspectedCollection, number>;
    });
    this.challengeKinds = new Recent(clock, () => inspector.countBy('challenges', 'kind', walkedAtMost));
  }

  /** Rejects with StoreUnavailableError. */
  async counted(): Promise<RecordCounts> {
    return this.collections.get();
  }

  /** Challenges by kind, among the first 5000. Rejects with StoreUnavailableError. */
  async kinds(): Promise<KindCounts> {
    return this.challengeKinds.get();
  }
}

/** A value that is made anew when it is asked for after two seconds, or when making it failed. */
export class Recent<Value> {
  private madeAt = Number.NEGATIVE_INFINITY;
  private value: Promise<Value> | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly make: () => Promise<Value>,
  ) {}

  async get(): Promise<Value> {
    const now = this.clock.now();
    if (this.value === undefined || now - this.madeAt >= countAtMostEveryMs) {
      this.madeAt = now;
      this.value = this.make();
      this.value.catch(() => (this.value = undefined));
    }
    return this.value;
  }
}
