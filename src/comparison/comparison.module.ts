import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import type { Config } from '../config';
import { MetricsModule } from '../operations/metrics.module';
import { LmdbDatabase } from '../storage/lmdb-database';
import { AttacksController } from './attacks.controller';
import { CompareController } from './compare.controller';
import { Comparer } from './comparer';
import { LmdbRunStore } from './lmdb-run-store';
import { MongoRunStore, mongoRunModels } from './mongo-run-store';
import { ProofCostMeter } from './proof-costs';
import { RunPermission } from './run-permission';
import { RunStore } from './run-store';
import { Runner } from './runner';
import { Runs } from './runs';
import { RunsController } from './runs.controller';
import { Traces } from './traces';

/** Both models side by side, on the running service. Nothing else knows of it. */
@Module({})
export class ComparisonModule {
  static register(config: Config): DynamicModule {
    const store: Provider =
      config.mongodbUri === undefined
        ? {
            provide: RunStore,
            inject: [LmdbDatabase],
            useFactory: (database: LmdbDatabase) => new LmdbRunStore(database),
          }
        : { provide: RunStore, useClass: MongoRunStore };
    return {
      module: ComparisonModule,
      imports: [MetricsModule, ...(config.mongodbUri === undefined ? [] : [mongoRunModels()])],
      controllers: [CompareController, AttacksController, RunsController],
      providers: [store, Comparer, ProofCostMeter, RunPermission, Runner, Runs, Traces],
    };
  }
}
