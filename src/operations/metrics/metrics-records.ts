import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock';
import { StoreInspector } from '../../platform/storage/store-inspector';
import { type InspectedCollection, inspectedCollections } from './inspected-collections';

/** Anybody may ask, and each count is work for the store. */
const countAtMostEveryMs = 2_000;
const walkedAtMost = 5_000;
/** Prometheus drops a scrape that takes too long, with the process's own metrics that work without the store. */
const scrapeWaitsMs = 1_000;

export type RecordCounts = Readonly<Record<InspectedCollection, number>>;
export type KindCounts = Readonly<Record<string, number>>;

/** Number of records in the store, counted at most every two seconds. */
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

/** The store's answer within a second; undefined when it fails or takes longer. */
export async function inAScrape<Value>(answer: Promise<Value>): Promise<Value | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), scrapeWaitsMs);
  });
  try {
    return await Promise.race([answer.catch(() => undefined), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A value that is recomputed on demand after two seconds, or after a failure. */
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
