import { Controller, Inject } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CONFIG, type Config } from '../../platform/config';
import { showsToken } from '../../domain/credentials/bearer-token';
import { Endpoint } from '../../platform/http/endpoint';
import { Metrics } from './metrics';
import { MetricsError } from './metrics-error';
import { expositionOf } from './metrics-families';
import { metricsOperation } from './metrics.openapi';

/** The figures of all workers, as Prometheus reads them. */
@Controller()
export class MetricsController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly metrics: Metrics,
  ) {}

  /** Throws: {@link MetricsError} without the token, where there is one. */
  @Endpoint({ method: 'GET', path: '/metrics', anyHost: true, cache: 'no-store', describe: metricsOperation })
  async text({ headers }: FastifyRequest, reply: FastifyReply): Promise<void> {
    this.assertAllowed(headers.authorization);
    const families = await this.metrics.collected();
    void reply.type('text/plain; version=0.0.4; charset=utf-8').send(await expositionOf(families));
  }

  private assertAllowed(authorization: string | undefined): void {
    const { issuer, metricsToken } = this.config;
    if (metricsToken === undefined || showsToken(authorization, metricsToken)) return;
    const challenge = `Bearer realm="${issuer}"`;
    throw new MetricsError('metrics_token_required', { headers: { 'www-authenticate': challenge } });
  }
}
