import { Injectable } from '@nestjs/common';
import type { MetricFamily } from './metrics-families';

/** Reads current metrics; it must always return the same families, with or without series. */
export type MetricSource = () => readonly MetricFamily[] | Promise<readonly MetricFamily[]>;

/** Collects the sources of `/metrics`, which are read on each request. */
@Injectable()
export class MetricSources {
  private readonly ownSources: MetricSource[] = [];
  private readonly sharedSources: MetricSource[] = [];

  /** Metrics of this process; combined over all workers by each family's `aggregator`. */
  addOwn(source: MetricSource): void {
    this.ownSources.push(source);
  }

  /** Metrics that all workers share, such as the store's: one worker is asked. */
  addShared(source: MetricSource): void {
    this.sharedSources.push(source);
  }

  async own(): Promise<MetricFamily[]> {
    return read(this.ownSources);
  }

  async shared(): Promise<MetricFamily[]> {
    return read(this.sharedSources);
  }
}

async function read(sources: readonly MetricSource[]): Promise<MetricFamily[]> {
  return (await Promise.all(sources.map((source) => source()))).flat();
}
