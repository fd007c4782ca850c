import { Injectable } from '@nestjs/common';
import { Clock } from '../../clock';
import { Metrics } from '../../operations/metrics';
import type { Figure, Sample } from './ring';

/** Takes samples of what the service counts, over all workers. */
@Injectable()
export class Samples {
  constructor(
    private readonly clock: Clock,
    private readonly metrics: Metrics,
  ) {}

  /** Rejects when the workers' figures cannot be collected. */
  async take(): Promise<Sample> {
    const families = await this.metrics.collected();
    const figures = families.flatMap(({ samples }) =>
      samples.map(({ name, labels, value }): Figure => [name, labels, value]),
    );
    // Those without a client first: they are fewer, and whoever comes last may find no place.
    return { time: this.clock.now(), figures: figures.toSorted((a, b) => rankOf(a) - rankOf(b)) };
  }
}

function rankOf([, labels]: Figure): number {
  return labels['client'] === undefined ? 0 : 1;
}
