import { Module } from '@nestjs/common';
import { TokensModule } from '../../domain/tokens/tokens.module';
import { WalletModule } from '../../protocols/wallet/wallet.module';
import { Metrics } from './metrics';
import { AuditMetrics } from './metrics-audit';
import { ClientLabels } from './metrics-clients';
import { LoginFigures } from './metrics-figures';
import { ProcessMetrics } from './metrics-process';
import { RpcMetrics } from './metrics-rpc';
import { StoreRecords } from './metrics-records';
import { MetricSources } from './metrics-sources';
import { StoreMetrics } from './metrics-store';

/** Figures of the running service. */
@Module({
  imports: [TokensModule, WalletModule],
  providers: [
    AuditMetrics,
    ClientLabels,
    LoginFigures,
    Metrics,
    MetricSources,
    ProcessMetrics,
    RpcMetrics,
    StoreMetrics,
    StoreRecords,
  ],
  exports: [ClientLabels, LoginFigures, Metrics, MetricSources, StoreRecords],
})
export class MetricsModule {}
