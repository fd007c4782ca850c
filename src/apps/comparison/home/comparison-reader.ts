import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { LOGGER } from '../../../platform/logger';
import { type Comparison, comparison } from '../comparison';

/** Reads `GET /compare` like any other caller, so that the page shows what everybody gets. */
@Injectable()
export class ComparisonReader {
  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
  ) {}

  /** Undefined when it is unavailable, for example without the store: the page still explains both models. */
  async read(): Promise<Comparison | undefined> {
    const instance: FastifyInstance = this.host.httpAdapter.getInstance();
    const answer = await instance.inject({ method: 'GET', url: '/compare', headers: { accept: 'application/json' } });
    if (answer.statusCode !== 200) return undefined;
    const { data, error } = comparison.safeParse(answer.json());
    if (error !== undefined) this.logger.error({ err: error }, 'the comparison is not as the page reads it');
    return data;
  }
}
