import { Readable } from 'node:stream';
import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock } from '../../platform/clock';
import { Endpoint, pathParameter } from '../../platform/http/endpoint';
import { isFromAnotherSite } from '../../protocols/login/csrf';
import { ComparisonError } from './comparison-error';
import type { RunStatus } from './run';
import { mayRun } from './run-permission';
import { parseRunRequest } from './run-request';
import { eventStream, isComplete } from './run-stream';
import { type RunView, viewOf } from './run-view';
import { Runs } from './runs';
import { runEventsOperation, runOperation, startRunOperation } from './runs.openapi';

/** Runs of both models against this server. Source: docs/http-api.md, section Comparison. */
@Controller()
export class RunsController {
  constructor(
    private readonly clock: Clock,
    private readonly runs: Runs,
  ) {}

  @Endpoint({
    method: 'POST',
    path: '/compare/runs',
    access: mayRun,
    precondition: assertFromHere,
    body: 'json',
    notJson: () => new ComparisonError('body_invalid'),
    status: 201,
    limit: { name: 'comparison-run', address: 6, subject: 6, subjectOf: runOf },
    describe: startRunOperation,
  })
  async start(request: FastifyRequest): Promise<{ id: string; status: RunStatus }> {
    const { id } = await this.runs.start(parseRunRequest(request.body));
    return { id, status: 'running' };
  }

  @Endpoint({ method: 'GET', path: '/compare/runs/:id', access: 'public', describe: runOperation })
  async view(request: FastifyRequest): Promise<RunView> {
    return viewOf(await this.runs.find(pathParameter(request, 'id')), this.clock.now());
  }

  /** Server-sent events: past ones, new ones, then `done`. `Last-Event-ID` continues after that event. */
  @Endpoint({ method: 'GET', path: '/compare/runs/:id/events', access: 'public', describe: runEventsOperation })
  async events(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const id = pathParameter(request, 'id');
    const run = await this.runs.find(id);
    const last = /^\d{1,6}$/.exec(String(request.headers['last-event-id'] ?? ''))?.[0];
    const next = last === undefined ? 0 : Number(last) + 1;
    void reply.header('x-accel-buffering', 'no');
    // A browser reconnects when a stream ends, unless it gets 204. Source: HTML Living Standard §9.2.3.
    if (isComplete(run, this.clock.now(), next)) return void reply.status(204).send();
    const stream = Readable.from(eventStream(this.runs, this.clock, id, next));
    void reply.type('text/event-stream; charset=utf-8').send(stream);
  }
}

function assertFromHere(request: FastifyRequest): void {
  if (isFromAnotherSite(request)) throw new ComparisonError('cross_site');
}

/** A cross-site request is refused anyway, and must not use up its victim's runs. */
function runOf(request: FastifyRequest): string | undefined {
  return isFromAnotherSite(request) ? undefined : 'run';
}
