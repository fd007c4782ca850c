import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Counter, Histogram, Registry } from 'prom-client';
import type { ServiceEvent } from '../events/event';
import type { LoginStep } from '../http/login-step';
import { eventsOf } from '../http/request-events';
import { trafficSince } from './metrics-traffic';
import { WorkerSnapshots } from './metrics-workers';

/** Seconds, from half a millisecond to ten seconds: a percentile is off by half a bucket at most. */
const buckets = [
  0.0005, 0.001, 0.0015, 0.002, 0.003, 0.004, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3,
  0.5, 0.75, 1, 2, 5, 10,
];

/** The series of one step, so that no request looks for them by their labels. */
interface StepSeries {
  readonly outcomes: Map<string, Counter.Internal>;
  readonly duration: Histogram.Internal<string>;
  readonly received: Counter.Internal;
  readonly sent: Counter.Internal;
}

/** Counts and times the steps of the logins by what flows tell. Labels hold names of ours alone, never what was sent. */
@Injectable()
export class Metrics implements OnModuleInit {
  private readonly registry = new Registry();
  private readonly requests = new Counter({
    name: 'tessera_login_requests_total',
    help: 'Requests of each login step by outcome: ok, what is left to do, or the reason of the error response',
    labelNames: ['model', 'step', 'outcome'],
    registers: [this.registry],
  });
  private readonly durations = new Histogram({
    name: 'tessera_login_duration_seconds',
    help: 'Time from the request to the end of the answer, by login step',
    labelNames: ['model', 'step'],
    buckets,
    registers: [this.registry],
  });
  private readonly bytes = new Counter({
    name: 'tessera_login_bytes_total',
    help: 'Bytes of HTTP/1.1 heads and bodies, by login step and direction',
    labelNames: ['model', 'step', 'direction'],
    registers: [this.registry],
  });
  private readonly series = new Map<LoginStep, StepSeries>();
  private readonly workers = new WorkerSnapshots(() => this.registry.getMetricsAsJSON());

  constructor(@Inject(HttpAdapterHost) private readonly host: HttpAdapterHost) {}

  onModuleInit(): void {
    const instance: FastifyInstance = this.host.httpAdapter.getInstance();
    instance.addHook('onResponse', (request, reply, done) => {
      this.record(request, reply);
      done();
    });
  }

  /** What all workers have counted, as metrics of one registry. */
  async collected(): Promise<Registry> {
    return this.workers.sum();
  }

  private record(request: FastifyRequest, reply: FastifyReply): void {
    // Of every request, or the next one of its connection would be charged with it.
    const { received, sent } = trafficSince(request.raw.socket);
    const step = stepOf(request);
    if (step === undefined) return;
    const series = this.seriesOf(step);
    this.outcomeSeries(series, step, outcomeOf(eventsOf(request))).inc();
    series.duration.observe(reply.elapsedTime / 1000);
    series.received.inc(received);
    series.sent.inc(sent);
  }

  private seriesOf(loginStep: LoginStep): StepSeries {
    const known = this.series.get(loginStep);
    if (known !== undefined) return known;
    const { model, step } = loginStep;
    const made = {
      outcomes: new Map(),
      duration: this.durations.labels({ model, step }),
      received: this.bytes.labels({ model, step, direction: 'received' }),
      sent: this.bytes.labels({ model, step, direction: 'sent' }),
    };
    this.series.set(loginStep, made);
    return made;
  }

  private outcomeSeries({ outcomes }: StepSeries, { model, step }: LoginStep, outcome: string): Counter.Internal {
    const known = outcomes.get(outcome);
    if (known !== undefined) return known;
    const made = this.requests.labels({ model, step, outcome });
    outcomes.set(outcome, made);
    return made;
  }
}

function stepOf(request: FastifyRequest): LoginStep | undefined {
  const { endpoint } = request.routeOptions.config;
  // HEAD has the route of GET and is no step.
  if (endpoint?.step === undefined || endpoint.method !== request.method) return undefined;
  return 'of' in endpoint.step ? endpoint.step.of(request) : endpoint.step;
}

/**
 * How a step ended: `ok`, `login` or `consent` when a page comes first, or why it was refused. Whatever a caller sent,
 * it is one of a closed set, because each value becomes a time series.
 */
function outcomeOf(events: readonly ServiceEvent[]): string {
  const last = events.at(-1);
  if (last?.type === 'request_refused') return last.reason;
  if (last?.type === 'login_asked') return 'login';
  return last?.type === 'consent_asked' ? 'consent' : 'ok';
}
