import { Injectable } from '@nestjs/common';
import type { MetricObjectWithValues, MetricValue } from 'prom-client';
import * as z from 'zod';
import type { LoginModel } from '../identity/authentication';
import type { EndpointDeclaration } from '../http/endpoint';
import { Endpoints } from '../http/endpoints';
import type { LoginStep } from '../http/login-step';
import { Metrics } from './metrics';
import { type CumulativeBucket, quantile } from './metrics-quantiles';

/** What one step of a login has been so far, over all workers. */
export interface StepFigures {
  readonly step: string;
  /** Requests by outcome: `ok`, what is left to do, or the reason of the error response. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Milliseconds; null before the first request. */
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  /** Means of one request; null before the first. */
  readonly bytesReceived: number | null;
  readonly bytesSent: number | null;
}

const labelled = z.object({
  value: z.number(),
  metricName: z.string().optional(),
  labels: z.object({
    model: z.string(),
    step: z.string(),
    outcome: z.string().optional(),
    direction: z.string().optional(),
    le: z.union([z.number(), z.string()]).optional(),
  }),
});
type Sample = z.infer<typeof labelled>;

/** Reads the figures of a model out of what the workers have counted. */
@Injectable()
export class LoginFigures {
  constructor(
    private readonly metrics: Metrics,
    private readonly endpoints: Endpoints,
  ) {}

  async of(model: LoginModel): Promise<StepFigures[]> {
    const registry = await this.metrics.collected();
    const metrics = await registry.getMetricsAsJSON();
    const steps = this.endpoints
      .all()
      .flatMap(({ declaration }) => stepsOf(declaration))
      .filter((each) => each.model === model)
      .toSorted((a, b) => a.place - b.place);
    return [...new Set(steps.map(({ step }) => step))].map((step) => {
      const samples = (name: string) =>
        samplesOf(metrics, name).filter(({ labels }) => labels.model === model && labels.step === step);
      return figuresOf(step, samples);
    });
  }
}

function stepsOf({ step }: EndpointDeclaration): readonly LoginStep[] {
  if (step === undefined) return [];
  return 'steps' in step ? step.steps : [step];
}

function figuresOf(step: string, samples: (name: string) => Sample[]): StepFigures {
  const requests = samples('tessera_login_requests_total');
  const total = requests.reduce((sum, { value }) => sum + value, 0);
  const buckets = samples('tessera_login_duration_seconds')
    .filter(({ metricName }) => metricName === 'tessera_login_duration_seconds_bucket')
    .map(({ value, labels }): CumulativeBucket => ({ upTo: boundOf(labels.le), count: value }))
    .toSorted((a, b) => a.upTo - b.upTo);
  const bytes = samples('tessera_login_bytes_total');
  const meanBytes = (direction: string) => {
    const counted = bytes.find(({ labels }) => labels.direction === direction);
    return counted === undefined || total === 0 ? null : Math.round(counted.value / total);
  };
  return {
    step,
    outcomes: Object.fromEntries(requests.map(({ labels, value }) => [labels.outcome ?? '', value])),
    p50: milliseconds(quantile(0.5, buckets)),
    p95: milliseconds(quantile(0.95, buckets)),
    p99: milliseconds(quantile(0.99, buckets)),
    bytesReceived: meanBytes('received'),
    bytesSent: meanBytes('sent'),
  };
}

function samplesOf(metrics: readonly MetricObjectWithValues<MetricValue<string>>[], name: string): Sample[] {
  const values = metrics.find((metric) => metric.name === name)?.values ?? [];
  return values.map((value) => labelled.parse(value));
}

function boundOf(le: number | string | undefined): number {
  return le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le);
}

function milliseconds(seconds: number | undefined): number | null {
  return seconds === undefined ? null : Math.round(seconds * 100_000) / 100;
}
