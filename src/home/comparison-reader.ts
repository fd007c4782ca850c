import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { type ComparisonView, comparisonView } from './comparison-view';

/** Reads `GET /compare` as any other caller does: nothing in this service imports the comparison. */
@Injectable()
export class ComparisonReader {
  constructor(@Inject(HttpAdapterHost) private readonly host: HttpAdapterHost) {}

  /** Undefined while it cannot be had, such as without the store: the page explains both models all the same. */
  async read(): Promise<ComparisonView | undefined> {
    const instance: FastifyInstance = this.host.httpAdapter.getInstance();
    const answer = await instance.inject({ method: 'GET', url: '/compare', headers: { accept: 'application/json' } });
    return answer.statusCode === 200 ? comparisonView.parse(answer.json()) : undefined;
  }
}
