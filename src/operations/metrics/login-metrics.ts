import { Injectable } from '@nestjs/common';
import type { SessionModel } from '../../domain/identity/authentication';
import { Endpoints } from '../../platform/http/endpoints';
import { stepsOf } from '../../platform/http/login-step';
import { Metrics } from './metrics';
import type { MetricFamily, Sample } from './metrics-families';
import { type CumulativeBucket, quantile } from './metrics-quantiles';

/** Metrics of one step of a login so far, over all workers. */
export interface StepMetrics {
  readonly step: string;
  /** Requests by outcome: `ok`, the next page, or the reason of the error. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Milliseconds; null before the first request. */
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  /** Means per request; null before the first. */
  readonly bytesReceived: number | null;
  readonly bytesSent: number | null;
}

/** Computes the metrics of a model from the workers' counts. */
@Injectable()
export class LoginMetrics {
  constructor(
    private readonly metrics: Metrics,
    private readonly endpoints: Endpoints,
  ) {}

  async of(model: SessionModel): Promise<StepMetrics[]> {
    const { families } = await this.metrics.counted();
    const steps = this.endpoints
      .all()
      .flatMap(({ declaration }) => stepsOf(declaration))
      .filter((each) => each.model === model)
      .toSorted((a, b) => a.place - b.place);
    return [...new Set(steps.map(({ step }) => step))].map((step) => {
      const samples = (name: string) =>
        samplesOf(families, name).filter(({ labels }) => labels['model'] === model && labels['step'] === step);
      return figuresOf(step, samples);
    });
  }
}

function figuresOf(step: string, samples: (name: string) => Sample[]): StepMetrics {
  const outcomes: Record<string, number> = {};
  for (const { labels, value } of samples('tessera_login_requests_total')) {
    const { outcome = '' } = labels;
    if (value > 0) outcomes[outcome] = (outcomes[outcome] ?? 0) + value;
  }
  const total = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
  const buckets = bucketsOf(samples('tessera_login_duration_seconds'));
  const bytes = samples('tessera_login_bytes_total');
  const meanBytes = (direction: string) => {
    const counted = bytes.find(({ labels }) => labels['direction'] === direction);
    return counted === undefined || total === 0 ? null : Math.round(counted.value / total);
  };
  return {
    step,
    outcomes,
    p50: milliseconds(quantile(0.5, buckets)),
    p95: milliseconds(quantile(0.95, buckets)),
    p99: milliseconds(quantile(0.99, buckets)),
    bytesReceived: meanBytes('received'),
    bytesSent: meanBytes('sent'),
  };
}

function samplesOf(families: readonly MetricFamily[], name: string): readonly Sample[] {
  return families.find((family) => family.name === name)?.values ?? [];
}

/** The buckets of all clients together. */
function bucketsOf(samples: readonly Sample[]): CumulativeBucket[] {
  const counts = new Map<number, number>();
  for (const { labels, value } of samples) {
    const { le } = labels;
    if (le === undefined) continue;
    const upTo = le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le);
    counts.set(upTo, (counts.get(upTo) ?? 0) + value);
  }
  return [...counts].map(([upTo, count]) => ({ upTo, count })).toSorted((a, b) => a.upTo - b.upTo);
}

function milliseconds(seconds: number | undefined): number | null {
  return seconds === undefined ? null : Math.round(seconds * 100_000) / 100;
}
