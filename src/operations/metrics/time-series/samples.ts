import { Injectable } from '@nestjs/common';
import { Clock } from '../../../platform/clock';
import { Metrics } from '../metrics';
import type { Traced } from '../metrics-workers';
import { agrees, type Where } from './reading';
import type { Figure, Sample } from './time-series';

/** Samples the metrics over all workers. */
@Injectable()
export class Samples {
  constructor(
    private readonly clock: Clock,
    private readonly metrics: Metrics,
  ) {}

  /** Rejects when the workers' metrics cannot be collected. */
  async take(): Promise<Sample> {
    const families = await this.metrics.collected();
    const figures = families.flatMap(({ name, values }) =>
      values.map(({ metricName = name, labels, value }): Figure => [metricName, labels, value]),
    );
    // Series without a client first: they are fewer, and the last may find no place.
    return { time: this.clock.now(), figures: figures.toSorted((a, b) => rankOf(a) - rankOf(b)) };
  }

  /** The traces of requests since a time, newest first. Rejects as {@link take} does. */
  async traces(where: Where, since: number): Promise<Traced[]> {
    const { traces } = await this.metrics.counted();
    return traces
      .filter(({ labels, time }) => time >= since && agrees(labels, where))
      .toSorted((a, b) => b.time - a.time);
  }
}

function rankOf([, labels]: Figure): number {
  return labels['client'] === undefined ? 0 : 1;
}
