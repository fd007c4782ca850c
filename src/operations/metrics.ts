import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Counter, Histogram, Registry } from 'prom-client';
import type { LoginModel } from '../identity/authentication';
import { Parameters } from '../http/parameters';
import { answerBytes, requestBytes } from './metrics-bytes';
import { outcomeOf } from './metrics-outcome';
import { WorkerSnapshots } from './metrics-workers';

interface LoginStep {
  readonly model: LoginModel | 'both';
  readonly step: string;
}

/** The steps of a login, by the route that each is a request of. */
export const loginSteps: Readonly<Record<string, LoginStep>> = {
  'GET /authorize': { model: 'pkce', step: 'authorize' },
  'POST /authorize': { model: 'pkce', step: 'authorize' },
  'POST /login': { model: 'pkce', step: 'login' },
  'POST /login/wallet': { model: 'pkce', step: 'login' },
  'POST /consent': { model: 'pkce', step: 'consent' },
  'POST /token': { model: 'pkce', step: 'token' },
  'POST /wallet/challenge': { model: 'wallet', step: 'challenge' },
  'POST /wallet/verify': { model: 'wallet', step: 'verify' },
};

/** The tokens of both models are refreshed in the one place. */
const refresh: LoginStep = { model: 'both', step: 'refresh' };

/** Seconds, from half a millisecond to ten seconds: a percentile is off by half a bucket at most. */
const buckets = [
  0.0005, 0.001, 0.0015, 0.002, 0.003, 0.004, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3,
  0.5, 0.75, 1, 2, 5, 10,
];

/** Counts and times the steps of the logins, from outside of the flows. Labels hold names of ours alone, never what was sent. */
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
  private readonly workers = new WorkerSnapshots(() => this.registry.getMetricsAsJSON());

  constructor(@Inject(HttpAdapterHost) private readonly host: HttpAdapterHost) {}

  onModuleInit(): void {
    const instance: FastifyInstance = this.host.httpAdapter.getInstance();
    instance.addHook('onResponse', async (request, reply) => this.record(request, reply));
  }

  /** What all workers have counted, as metrics of one registry. */
  async collected(): Promise<Registry> {
    return this.workers.sum();
  }

  private record(request: FastifyRequest, reply: FastifyReply): void {
    const ofRoute = loginSteps[`${request.method} ${request.routeOptions.url ?? ''}`];
    if (ofRoute === undefined) return;
    const step = isRefresh(request.body) ? refresh : ofRoute;
    this.requests.inc({ ...step, outcome: outcomeOf(request, reply) });
    this.durations.observe(step, reply.elapsedTime / 1000);
    this.bytes.inc({ ...step, direction: 'received' }, requestBytes(request));
    this.bytes.inc({ ...step, direction: 'sent' }, answerBytes(reply));
  }
}

function isRefresh(body: unknown): boolean {
  return body instanceof Parameters && body.get('grant_type') === 'refresh_token';
}
