import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ServiceEvent } from '../../domain/events/event';
import { queryOf } from '../../platform/http/bodies';
import { clientIdOf, outcomeOf, stepOf } from './ended-step';
import { Endpoints } from '../../platform/http/endpoints';
import { type LoginStep, stepsOf } from '../../platform/http/login-step';
import { Parameters } from '../../platform/http/parameters';
import type { EndedRequest } from '../../platform/http/request-end';
import { eventsOf } from '../../domain/events/request-events';
import { isPushedReference } from '../../protocols/login/pushed-requests';
import { type ClientLabel, ClientLabels } from './metrics-clients';
import type { MetricFamily } from './metrics-families';
import { type CountedRequest, type Exemplar, LoginCounts } from './metrics-logins';
import { RequestCounts } from './metrics-requests';
import { MetricSources } from './metrics-sources';
import { trafficSince } from './metrics-traffic';
import { type Snapshot, WorkerSnapshots } from './metrics-workers';

/** A request to a step, before its client's label is known. */
interface EndedStep extends CountedRequest {
  readonly events: readonly ServiceEvent[];
  /** The `code_challenge_method` of an authorization request. */
  readonly method: string | undefined;
}

/** Counts and times the steps of the logins by the flows' events. Labels contain our own names only, never untrusted input. */
@Injectable()
export class Metrics implements OnModuleInit {
  private readonly logins = new LoginCounts();
  private readonly requests = new RequestCounts();
  private readonly workers: WorkerSnapshots;

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly clients: ClientLabels,
    private readonly sources: MetricSources,
    private readonly endpoints: Endpoints,
  ) {
    this.workers = new WorkerSnapshots(async () => ({ families: await sources.own(), traces: this.logins.traces() }));
    sources.addOwn(() => this.logins.families());
    sources.addOwn(() => this.requests.families());
  }

  onModuleInit(): void {
    // Not on demand: another worker may ask before Nest has created this one's controllers.
    for (const { declaration } of this.endpoints.all()) {
      for (const step of stepsOf(declaration)) this.logins.begin(step);
    }
    const instance: FastifyInstance = this.host.httpAdapter.getInstance();
    instance.requestEnds.listen((ended) => this.record(ended));
  }

  /** The counts of all workers, with their traces. */
  async counted(): Promise<Snapshot> {
    return this.workers.sum();
  }

  /** The counts of all workers, and the metrics that they share. */
  async collected(): Promise<MetricFamily[]> {
    const [{ families }, shared] = await Promise.all([this.workers.sum(), this.sources.shared()]);
    return [...families, ...shared];
  }

  /** Keeps the trace of a finished request beside its counts. */
  keepExemplar(request: FastifyRequest, outcome: string, exemplar: Exemplar): void {
    const step = stepOf(request);
    if (step === undefined) return;
    const client = this.clients.of(clientIdOf(eventsOf(request)));
    if (client instanceof Promise)
      void client.then((label) => this.logins.keepExemplar(step, label, outcome, exemplar));
    else this.logins.keepExemplar(step, client, outcome, exemplar);
  }

  private record({ request, reply, aborted }: EndedRequest): void {
    this.requests.count(reply.statusCode, aborted);
    // For every request, or the connection's next one would be charged with it.
    const { received, sent } = trafficSince(request.raw.socket);
    const step = stepOf(request);
    if (step === undefined) return;
    const events = eventsOf(request);
    const clientId = clientIdOf(events);
    const ended: EndedStep = {
      events,
      outcome: outcomeOf(events, reply.statusCode, aborted),
      method: step.step === 'authorize' && clientId !== undefined ? methodOf(request) : undefined,
      seconds: reply.elapsedTime / 1000,
      received,
      sent,
    };
    const client = this.clients.of(clientId);
    if (client instanceof Promise) void client.then((label) => this.count(step, label, ended));
    else this.count(step, client, ended);
  }

  private count(step: LoginStep, client: ClientLabel, ended: EndedStep): void {
    this.logins.countRequest(step, client, ended);
    if (ended.method !== undefined) this.logins.countMethod(ended.method);
    for (const event of ended.events) {
      if (event.type === 'code_issued') this.logins.countCode('issued', client);
      else if (event.type === 'code_redeemed') this.logins.countCode('redeemed', client);
      else if (event.type === 'replay_detected') this.logins.countReplay(step.model, client);
      // A replay at the login page, where a signature becomes a session.
      else if (event.type === 'session_ended' && event.reason === 'replay') this.logins.countReplay('wallet', client);
    }
  }
}

/** Source: RFC 7636 §4.3. */
function methodOf(request: FastifyRequest): string {
  const parameters = request.body instanceof Parameters ? request.body : queryOf(request);
  // /par accepts no other method.
  if (isPushedReference(parameters.get('request_uri') ?? '')) return 'S256';
  const method = parameters.get('code_challenge_method');
  if (method === undefined) return 'none';
  return method === 'S256' || method === 'plain' ? method : 'other';
}
