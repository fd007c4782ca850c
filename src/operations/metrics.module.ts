import { Module } from '@nestjs/common';
import { Metrics } from './metrics';
import { MetricsController } from './metrics.controller';
import { LoginFigures } from './metrics-figures';
import { StoreRecords } from './metrics-records';

/** Figures of the running service. */
@Module({
  controllers: [MetricsController],
  providers: [Metrics, LoginFigures, StoreRecords],
  exports: [LoginFigures, StoreRecords],
})
export class MetricsModule {}
