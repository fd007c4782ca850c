import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Endpoint } from '../../platform/http/endpoint';
import { Metrics } from './metrics';
import { scraper } from './metrics-access';
import { expositionOf } from './metrics-families';
import { metricsOperation } from './metrics.openapi';

/** The metrics of all workers in Prometheus's format. */
@Controller()
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  @Endpoint({ method: 'GET', path: '/metrics', access: scraper, anyHost: true, describe: metricsOperation })
  async text(_request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const families = await this.metrics.collected();
    void reply.type('text/plain; version=0.0.4; charset=utf-8').send(await expositionOf(families));
  }
}
