import { Module } from '@nestjs/common';
import { TokensModule } from '../../domain/tokens/tokens.module';
import { WalletModule } from '../../protocols/wallet/wallet.module';
import { Metrics } from './metrics';
import { AuditMetrics } from './metrics-audit';
import { ClientLabels } from './metrics-clients';
import { LoginMetrics } from './login-metrics';
import { ProcessMetrics } from './metrics-process';
import { RpcMetrics } from './metrics-rpc';
import { StoreRecords } from './metrics-records';
import { MetricSources } from './metrics-sources';
import { StoreMetrics } from './metrics-store';

/** Metrics of the running service. */
@Module({
  imports: [TokensModule, WalletModule],
  providers: [
    AuditMetrics,
    ClientLabels,
    LoginMetrics,
    Metrics,
    MetricSources,
    ProcessMetrics,
    RpcMetrics,
    StoreMetrics,
    StoreRecords,
  ],
  exports: [ClientLabels, LoginMetrics, Metrics, MetricSources, StoreRecords],
})
export class MetricsModule {}
