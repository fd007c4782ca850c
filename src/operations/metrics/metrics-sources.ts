import { Injectable } from '@nestjs/common';
import type { MetricFamily } from './metrics-families';

/** Reads figures out at the moment; its families must always be the same ones, with or without a series. */
export type MetricSource = () => readonly MetricFamily[] | Promise<readonly MetricFamily[]>;

/** Whoever has figures for `/metrics` says here how to read them; they are read whenever somebody asks. */
@Injectable()
export class MetricSources {
  private readonly ownSources: MetricSource[] = [];
  private readonly sharedSources: MetricSource[] = [];

  /** Figures of this process: those of all workers become one, by the `aggregator` of each family. */
  addOwn(source: MetricSource): void {
    this.ownSources.push(source);
  }

  /** Figures of what all workers share, such as the store: one of them is asked. */
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
