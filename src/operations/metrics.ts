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

/** What has been counted of one step: plain numbers, which become series when somebody asks for them. */
interface StepCounts {
  readonly outcomes: Map<string, number>;
  readonly duration: Histogram.Internal<string>;
  received: number;
  sent: number;
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
    collect: () => this.tellRequests(),
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
    collect: () => this.tellBytes(),
  });
  private readonly counts = new Map<LoginStep, StepCounts>();
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
    const counts = this.countsOf(step);
    const outcome = outcomeOf(eventsOf(request));
    counts.outcomes.set(outcome, (counts.outcomes.get(outcome) ?? 0) + 1);
    counts.duration.observe(reply.elapsedTime / 1000);
    counts.received += received;
    counts.sent += sent;
  }

  private countsOf(loginStep: LoginStep): StepCounts {
    const known = this.counts.get(loginStep);
    if (known !== undefined) return known;
    const { model, step } = loginStep;
    const duration = this.durations.labels({ model, step });
    const begun: StepCounts = { outcomes: new Map(), duration, received: 0, sent: 0 };
    this.counts.set(loginStep, begun);
    return begun;
  }

  private tellRequests(): void {
    this.requests.reset();
    for (const [{ model, step }, { outcomes }] of this.counts) {
      for (const [outcome, count] of outcomes) this.requests.inc({ model, step, outcome }, count);
    }
  }

  private tellBytes(): void {
    this.bytes.reset();
    for (const [{ model, step }, { received, sent }] of this.counts) {
      this.bytes.inc({ model, step, direction: 'received' }, received);
      this.bytes.inc({ model, step, direction: 'sent' }, sent);
    }
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
