import { Module } from '@nestjs/common';
import { getConnectionToken } from '@nestjs/mongoose';
import { NestFactory } from '@nestjs/core';
import type { Connection } from 'mongoose';
import { RunStore } from '../../../src/apps/comparison/run-store';
import { RunStoreModule } from '../../../src/apps/comparison/run-store.module';
import { loadConfig } from '../../../src/platform/config';
import { CoreModule } from '../../../src/core.module';
import { createLogger } from '../../../src/platform/logger';
import { StorageModule } from '../../../src/storage.module';
import { StoreInspector } from '../../../src/platform/storage/store-inspector';
import type { TestStore } from './stores';
import { TestClock } from '../service/test-clock';

@Module({})
class OnlyTheRuns {}

/** The store of runs as the service binds it, without the service. */
export async function openRunStore({ env }: Pick<TestStore, 'env'>) {
  const config = loadConfig(env);
  const context = await NestFactory.createApplicationContext(
    {
      module: OnlyTheRuns,
      imports: [
        CoreModule.register(config, createLogger({ write: () => undefined }), new TestClock()),
        StorageModule.register(config),
        RunStoreModule.register(config),
      ],
    },
    { logger: false, abortOnError: false },
  );
  await context.get(StoreInspector).ping();
  return {
    runs: context.get(RunStore),
    /** On MongoDB only. */
    connection: () => context.get<Connection>(getConnectionToken(), { strict: false }),
    close: () => context.close(),
  };
}
