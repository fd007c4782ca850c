import { join } from 'node:path';
import { Module, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { ConsoleModule } from '../console/console.module';
import { MetricsModule } from '../../metrics/metrics.module';
import { serveAssets } from '../../../platform/pages/assets';
import { root } from '../../../root';
import { DashboardController } from './dashboard.controller';
import { Figures } from './figures';
import { History } from '../../metrics/time-series/history';
import { Prometheus } from './prometheus';
import { Samples } from '../../metrics/time-series/samples';

/** The dashboards at `/admin/dashboard`, and their history. */
@Module({
  imports: [ConsoleModule, MetricsModule],
  controllers: [DashboardController],
  providers: [Figures, History, Prometheus, Samples],
})
export class DashboardModule implements OnModuleInit {
  constructor(private readonly host: HttpAdapterHost<FastifyAdapter>) {}

  onModuleInit(): void {
    serveAssets(this.host.httpAdapter.getInstance(), join(root, 'operations/admin/dashboard/assets'));
  }
}
