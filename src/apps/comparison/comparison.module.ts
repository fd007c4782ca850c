import { type DynamicModule, Module } from '@nestjs/common';
import type { Config } from '../../platform/config';
import { MetricsModule } from '../../operations/metrics/metrics.module';
import { TokensModule } from '../../domain/tokens/tokens.module';
import { AttacksController } from './attacks.controller';
import { ChecksController } from './checks/checks.controller';
import { HomeModule } from './home/home.module';
import { CompareController } from './compare.controller';
import { Comparer } from './comparer';
import { ProofCostMeter } from './proof-costs';
import { RunPermission } from './run-permission';
import { RunStoreModule } from './run-store.module';
import { Runner } from './runner';
import { Runs } from './runs';
import { RunsController } from './runs.controller';
import { Traces } from './traces';
import { Twins } from './twins';

/** Runs and compares both models on the running service, with its page. Nothing else depends on it. */
@Module({})
export class ComparisonModule {
  static register(config: Config): DynamicModule {
    return {
      module: ComparisonModule,
      imports: [MetricsModule, TokensModule, RunStoreModule.register(config), HomeModule.register(config)],
      controllers: [CompareController, AttacksController, ChecksController, RunsController],
      providers: [Comparer, ProofCostMeter, RunPermission, Runner, Runs, Traces, Twins],
    };
  }
}
