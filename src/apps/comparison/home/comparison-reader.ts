import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { LOGGER } from '../../../platform/logger';
import { type ComparisonView, comparisonView } from './comparison-view';

/** Reads `GET /compare` as any other caller does, so that the page shows what everybody is told. */
@Injectable()
export class ComparisonReader {
  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
  ) {}

  /** Undefined while it cannot be had, such as without the store: the page explains both models all the same. */
  async read(): Promise<ComparisonView | undefined> {
    const instance: FastifyInstance = this.host.httpAdapter.getInstance();
    const answer = await instance.inject({ method: 'GET', url: '/compare', headers: { accept: 'application/json' } });
    if (answer.statusCode !== 200) return undefined;
    const { data, error } = comparisonView.safeParse(answer.json());
    if (error !== undefined) this.logger.error({ err: error }, 'the comparison is not as the page reads it');
    return data;
  }
}
