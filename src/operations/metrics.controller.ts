import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Gauge, type Registry } from 'prom-client';
import { Metrics } from './metrics';
import { StoreRecords } from './metrics-records';
import { DescribeMetrics } from './metrics.openapi';

/** The figures of all workers, as Prometheus reads them. */
@Controller('metrics')
export class MetricsController {
  constructor(
    private readonly metrics: Metrics,
    private readonly records: StoreRecords,
  ) {}

  @Get()
  @DescribeMetrics()
  async text(@Res() reply: FastifyReply): Promise<void> {
    const registry = await this.metrics.collected();
    await this.addRecords(registry);
    void reply
      .header('cache-control', 'no-store')
      .type(registry.contentType)
      .send(await registry.metrics());
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
