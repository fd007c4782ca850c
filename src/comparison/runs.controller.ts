import { Readable } from 'node:stream';
import { Body, Controller, Get, Header, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock } from '../clock';
import { RateLimiter } from '../http/rate-limiter';
import { ComparisonError } from './comparison-error';
import type { RunStatus } from './run';
import { RunPermission } from './run-permission';
import { parseRunRequest } from './run-request';
import { eventStream, isTold } from './run-stream';
import { type RunView, viewOf } from './run-view';
import { Runs } from './runs';
import { DescribeRun, DescribeRunEvents, DescribeStartRun } from './runs.openapi';

/** Runs of both models against this very server. Source: contract, section Comparison. */
@Controller('compare/runs')
export class RunsController {
  constructor(
    private readonly clock: Clock,
    private readonly rateLimiter: RateLimiter,
    private readonly permission: RunPermission,
    private readonly runs: Runs,
  ) {}

  @Post()
  @DescribeStartRun()
  @HttpCode(201)
  @RouteConfig({ body: 'json', notJson: () => new ComparisonError('body_invalid') })
  @Header('cache-control', 'no-store')
  async start(@Body() body: unknown, @Req() request: FastifyRequest): Promise<{ id: string; status: RunStatus }> {
    this.permission.assertGiven(request.headers.authorization);
    const asked = parseRunRequest(body);
    await this.rateLimiter.assertAllowed('comparison-run', request.ip, 'run');
    const { id } = await this.runs.start(asked);
    return { id, status: 'running' };
  }

  @Get(':id')
  @DescribeRun()
  @Header('cache-control', 'no-store')
  async view(@Param('id') id: string): Promise<RunView> {
    return viewOf(await this.runs.find(id), this.clock.now());
  }

  /** Server-sent events: what has happened, then what happens, then `done`. `Last-Event-ID` goes on after that one. */
  @Get(':id/events')
  @DescribeRunEvents()
  async events(@Param('id') id: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const run = await this.runs.find(id);
    const last = /^\d{1,6}$/.exec(String(request.headers['last-event-id'] ?? ''))?.[0];
    const next = last === undefined ? 0 : Number(last) + 1;
    void reply.headers({ 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
    // A reader comes back whenever a stream ends, unless it is told 204. Source: HTML Living Standard §9.2.3.
    if (isTold(run, this.clock.now(), next)) return void reply.status(204).send();
    const stream = Readable.from(eventStream(this.runs, this.clock, id, next));
    void reply.type('text/event-stream; charset=utf-8').send(stream);
  }
}
