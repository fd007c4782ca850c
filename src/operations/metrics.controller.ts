import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Gauge, type Registry } from 'prom-client';
import { Endpoint } from '../http/endpoint';
import { Metrics } from './metrics';
import { StoreRecords } from './metrics-records';
import { metricsOperation } from './metrics.openapi';

/** The figures of all workers, as Prometheus reads them. */
@Controller()
export class MetricsController {
  constructor(
    private readonly metrics: Metrics,
    private readonly records: StoreRecords,
  ) {}

  @Endpoint({ method: 'GET', path: '/metrics', cache: 'no-store', describe: metricsOperation })
  async text(_request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const registry = await this.metrics.collected();
    await this.addRecords(registry);
    void reply.type(registry.contentType).send(await registry.metrics());
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
