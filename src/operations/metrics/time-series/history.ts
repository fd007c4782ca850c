import cluster from 'node:cluster';
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { answer, ask } from '../../../platform/workers/worker-channel';
import { Ring, type RingReading, type Sample, sampleEveryMs } from './ring';
import { readHistory, sampleNow } from './ring-workers';
import { Samples } from './samples';

/** What the service has counted in the last day: of one process in its own memory, of several in their primary's. */
@Injectable()
export class History implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly own = new Ring();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly samples: Samples) {
    if (cluster.isWorker) answer(sampleNow, () => samples.take());
  }

  onApplicationBootstrap(): void {
    if (cluster.isWorker) return;
    void this.sample();
    this.timer = setInterval(() => void this.sample(), sampleEveryMs).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** What was counted since a time, at so many times at most, the last of them now. Rejects when nobody answers. */
  async read(since: number, atMost: number): Promise<RingReading> {
    const latest = await this.samples.take();
    return cluster.isWorker ? ask(readHistory, { since, atMost, latest }) : this.own.read(since, atMost, latest);
  }

  /** Remembers what is counted now; without an answer of the other workers, nothing. */
  async sample(): Promise<void> {
    const sample: Sample | undefined = await this.samples.take().catch(() => undefined);
    if (sample !== undefined) this.own.add(sample);
  }
}
