import { Injectable } from '@nestjs/common';
import { Clock } from '../../../platform/clock';
import { Metrics } from '../metrics';
import type { Exemplar } from '../metrics-families';
import { agrees, type Labels, type Where } from './reading';
import type { Figure, Sample } from './ring';

/** The latest trace of a series. */
export interface Traced extends Exemplar {
  readonly labels: Labels;
}

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

  /** The traces of a metric's series since a time, newest first. Rejects as {@link take} does. */
  async traces(metric: string, where: Where, since: number): Promise<Traced[]> {
    const family = (await this.metrics.counted()).find(({ name }) => name === metric);
    const traced = (family?.samples ?? []).flatMap(({ labels, exemplar }) => {
      const isMeant = exemplar !== undefined && exemplar.time >= since && agrees(labels, where);
      return isMeant ? [{ labels, ...exemplar }] : [];
    });
    return traced.toSorted((a, b) => b.time - a.time);
  }
}

function rankOf([, labels]: Figure): number {
  return labels['client'] === undefined ? 0 : 1;
}
