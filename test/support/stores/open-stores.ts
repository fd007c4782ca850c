import { setTimeout as delay } from 'node:timers/promises';
import { type Abstract, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type Config, loadConfig } from '../../../src/platform/config';
import { CoreModule } from '../../../src/core.module';
import { createLogger } from '../../../src/platform/logger';
import { StoreInspector } from '../../../src/platform/storage/store-inspector';
import { StoreUnavailableError } from '../../../src/platform/storage/store-unavailable.error';
import { StorageModule } from '../../../src/storage.module';
import { settingsFor } from '../service/production';
import type { TestStore } from './stores';
import { TestClock } from '../service/test-clock';

/** Every port on a store, as the service binds them, without the service. */
export interface OpenStores {
  readonly clock: TestClock;
  readonly config: Config;
  get<Port>(port: Abstract<Port>): Port;
  close(): Promise<void>;
}

@Module({})
class OnlyTheStores {}

/** Resolves when the store answers; with `unready`, at once, whether or not there is a database. */
export async function openStores(
  store: Pick<TestStore, 'env'>,
  env: Readonly<Record<string, string>> = {},
  { unready = false } = {},
): Promise<OpenStores> {
  const clock = new TestClock();
  const config = loadConfig({ ...settingsFor(env), ...store.env, ...env });
  const logger = createLogger({ write: () => undefined });
  const context = await NestFactory.createApplicationContext(
    {
      module: OnlyTheStores,
      imports: [CoreModule.register(config, logger, clock), StorageModule.register(config)],
    },
    { logger: false, abortOnError: false },
  );
  try {
    if (!unready) await answering(context.get(StoreInspector));
  } catch (error) {
    await context.close();
    throw error;
  }
  return { clock, config, get: (port) => context.get(port), close: () => context.close() };
}

/** Whether the store answers now. */
export async function isReady(stores: Pick<OpenStores, 'get'>): Promise<boolean> {
  return stores
    .get(StoreInspector)
    .ping()
    .then(
      () => true,
      () => false,
    );
}

/** A server that makes the indexes of many suites may be late, or lose one of two processes that begin; they try again. */
async function answering(inspector: StoreInspector): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      return await inspector.ping();
    } catch (error) {
      if (!(error instanceof StoreUnavailableError) || Date.now() > deadline) throw error;
      await delay(100);
    }
  }
}
