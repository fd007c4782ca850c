import { Controller, Inject } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Gauge, type Registry } from 'prom-client';
import { CONFIG, type Config } from '../config';
import { showsToken } from '../credentials/bearer-token';
import { Endpoint } from '../http/endpoint';
import { Metrics } from './metrics';
import { MetricsError } from './metrics-error';
import { StoreRecords } from './metrics-records';
import { metricsOperation } from './metrics.openapi';

/** The figures of all workers, as Prometheus reads them. */
@Controller()
export class MetricsController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly metrics: Metrics,
    private readonly records: StoreRecords,
  ) {}

  /** Throws: {@link MetricsError} without the token, where there is one. */
  @Endpoint({ method: 'GET', path: '/metrics', anyHost: true, cache: 'no-store', describe: metricsOperation })
  async text({ headers }: FastifyRequest, reply: FastifyReply): Promise<void> {
    this.assertAllowed(headers.authorization);
    const registry = await this.metrics.collected();
    await this.addRecords(registry);
    void reply.type(registry.contentType).send(await registry.metrics());
  }

  private assertAllowed(authorization: string | undefined): void {
    const { issuer, metricsToken } = this.config;
    if (metricsToken === undefined || showsToken(authorization, metricsToken)) return;
    const challenge = `Bearer realm="${issuer}"`;
    throw new MetricsError('metrics_token_required', { headers: { 'www-authenticate': challenge } });
  }

  /** The store is one for all workers: its gauge is added to their sum once. Without an answer of the store it is left out. */
  private async addRecords(registry: Registry): Promise<void> {
    const counts = await this.records.counted().catch(() => undefined);
    if (counts === undefined) return;
    const gauge = new Gauge({
      name: 'tessera_store_records',
      help: 'Records in the store, by collection',
      labelNames: ['collection'],
      registers: [registry],
    });
    for (const [collection, count] of Object.entries(counts)) gauge.set({ collection }, count);
  }
}
