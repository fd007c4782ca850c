import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock';
import { StoreCalls } from '../../platform/storage/store-calls';
import { type StoreSpace, StoreInspector } from '../../platform/storage/store-inspector';
import { counter, gauge, histogram, type MetricFamily, type Series } from './metrics-families';
import { inAScrape, Recent, StoreRecords } from './metrics-records';
import { MetricSources } from './metrics-sources';

/** The store's state as one worker sees it; unknown values are absent. */
interface StoreState {
  readonly isUp: boolean;
  readonly records: readonly Series[];
  readonly space: StoreSpace;
  /** Milliseconds. */
  readonly clockOffset: number | undefined;
}

/** Metrics of the store: its response times and contents. */
@Injectable()
export class StoreMetrics {
  private readonly state: Recent<StoreState>;

  constructor(
    sources: MetricSources,
    private readonly clock: Clock,
    private readonly calls: StoreCalls,
    private readonly inspector: StoreInspector,
    private readonly records: StoreRecords,
  ) {
    this.state = new Recent(clock, () => this.look());
    sources.addOwn(() => this.answers());
    sources.addShared(() => this.holdings());
  }

  private answers(): MetricFamily[] {
    const called = this.calls.operations.filter(({ durations }) => durations.count > 0);
    return [
      histogram(
        'tessera_store_operation_duration_seconds',
        'Time that calls to the store took, by what is kept in it and operation',
        called.map(({ store, name, durations }) => [{ store, operation: name }, durations]),
      ),
      counter(
        'tessera_store_errors_total',
        'Calls that the database did not answer, or not in time',
        called.map(({ store, name, errors }): Series => [{ store, operation: name }, errors]),
      ),
    ];
  }

  private async holdings(): Promise<MetricFamily[]> {
    const { isUp, records, space, clockOffset } = await this.state.get();
    const { bytes, diskFreeBytes } = space;
    return [
      gauge('tessera_store_up', 'Whether the store answers, and takes what is written', [[{}, isUp ? 1 : 0]]),
      gauge('tessera_store_records', 'Records in the store, by collection', records),
      gauge('tessera_store_bytes', 'Bytes that the store takes on its disk', only(bytes)),
      gauge('tessera_store_disk_free_bytes', 'Bytes that are free on the disk of the store', only(diskFreeBytes)),
      gauge(
        'tessera_clock_offset_seconds',
        'How far the clock of the database is ahead of that of this process',
        only(clockOffset === undefined ? undefined : clockOffset / 1000),
      ),
    ];
  }

  private async look(): Promise<StoreState> {
    const [isUp = false, counts, space = {}, clockOffset] = await Promise.all([
      inAScrape(this.inspector.ping().then(() => true)),
      inAScrape(this.records.counted()),
      inAScrape(this.inspector.space()),
      inAScrape(this.inspector.clockOffset(() => this.clock.now())),
    ]);
    const records = Object.entries(counts ?? {}).map(([collection, count]): Series => [{ collection }, count]);
    return { isUp, records, space, clockOffset };
  }
}

function only(value: number | undefined): Series[] {
  return value === undefined ? [] : [[{}, value]];
}
