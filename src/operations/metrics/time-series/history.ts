import cluster from 'node:cluster';
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Operators } from '../../../domain/operators/operators';
import { answer, ask } from '../../../platform/workers/worker-channel';
import { TimeSeries, type TimeSeriesReading, type Sample, sampleEveryMs } from './time-series';
import { readHistory, sampleNow } from './time-series-workers';
import { Samples } from './samples';

/** The counts of the last day: in this process's memory, or with several workers in their primary's. */
@Injectable()
export class History implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly own = new TimeSeries();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly samples: Samples,
    private readonly operators: Operators,
  ) {
    if (cluster.isWorker) answer(sampleNow, () => this.sampleForSomebody());
  }

  onApplicationBootstrap(): void {
    if (cluster.isWorker) return;
    void this.sample();
    this.timer = setInterval(() => void this.sample(), sampleEveryMs).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** The history since a time, in at most `atMost` times of which the last is now. Rejects when nobody answers. */
  async read(since: number, atMost: number): Promise<TimeSeriesReading> {
    const latest = await this.samples.take();
    return cluster.isWorker ? ask(readHistory, { since, atMost, latest }) : this.own.read(since, atMost, latest);
  }

  /** Stores a sample; skipped when another worker does not answer, or while nobody may read it. */
  async sample(): Promise<void> {
    const sample: Sample | undefined = await this.sampleForSomebody().catch(() => undefined);
    if (sample !== undefined) this.own.add(sample);
  }

  /** Rejects while there is no administration. */
  private async sampleForSomebody(): Promise<Sample> {
    if (!(await this.operators.areAny())) throw new Error('there is nobody to show it to');
    return this.samples.take();
  }
}
