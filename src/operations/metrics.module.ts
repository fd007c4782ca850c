import { Module } from '@nestjs/common';
import { Metrics } from './metrics';
import { LoginFigures } from './metrics-figures';
import { StoreRecords } from './metrics-records';

/** Figures of the running service. */
@Module({
  providers: [Metrics, LoginFigures, StoreRecords],
  exports: [LoginFigures, Metrics, StoreRecords],
})
export class MetricsModule {}
