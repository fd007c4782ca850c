import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AuditStore } from '../../../src/operations/audit/audit-store';
import { AuditTrail } from '../../../src/operations/audit/audit-trail';
import { type Config, loadConfig } from '../../../src/platform/config';
import { createApp } from '../../../src/configure-app';
import { createLogger } from '../../../src/platform/logger';
import { Bootstrap } from '../../../src/operations/health/bootstrap';
import { StoreUnavailableError } from '../../../src/platform/storage/store-unavailable.error';
import { freePort } from '../run/free-port';
import { settingsFor } from './production';
import { keepLog } from '../run/run-log';
import { emptyStore, type StoreName, type TestStore } from '../stores/stores';
import { TestClock } from './test-clock';

/** The whole service in this process, on a port and a store of its own, reached over HTTP. */
export interface TestService {
  readonly app: NestFastifyApplication;
  readonly clock: TestClock;
  readonly config: Config;
  /** The issuer, where it listens: `http://localhost:PORT`. */
  readonly url: string;
  /** Every line of the log so far. */
  readonly log: readonly string[];
  stop(): Promise<void>;
}

/** Starts the service on an empty store. `env` adds settings to those that select the store and the port. */
export async function startService(
  storeName: StoreName = 'lmdb',
  env: Readonly<Record<string, string>> = {},
): Promise<TestService> {
  const store = emptyStore(storeName);
  return startServiceOn(store, env, () => store.remove());
}

const servedDirectories = new Set<string>();

/** Whether a service in this process serves the embedded store of these settings. */
export function isServedHere({ DATA_DIR: directory = '' }: Readonly<Record<string, string>>): boolean {
  return servedDirectories.has(directory);
}

/** Starts the service on a store that the caller keeps. */
export async function startServiceOn(...given: Parameters<typeof listenOn>): Promise<TestService> {
  const service = await listenOn(...given);
  // A database that is slow to answer the first time is asked again.
  await service.app.get(Bootstrap).finished;
  return service;
}

/** As {@link startServiceOn}, but does not wait for a store that does not answer. */
export async function listenOn(
  store: TestStore,
  env: Readonly<Record<string, string>> = {},
  afterStop: () => Promise<void> = async () => {},
): Promise<TestService> {
  const config = loadConfig({
    PORT: String(await freePort()),
    HOST: 'localhost',
    ...settingsFor(env),
    ...store.env,
    ...env,
  });
  const clock = new TestClock();
  const log: string[] = [];
  const write = (line: string) => {
    log.push(line);
    keepLog(line);
  };
  const app = await createApp(config, createLogger({ write }), clock);
  await app.listen(config.port, config.host);
  const { DATA_DIR: directory = '' } = store.env;
  if (directory !== '') servedDirectories.add(directory);
  const url = `http://localhost:${config.port}`;
  return {
    app,
    clock,
    config,
    url,
    log,
    stop: async () => {
      await keepTrail(app);
      await app.close();
      servedDirectories.delete(directory);
      await afterStop();
    },
  };
}

/** The trail is scanned for credentials as the log is. */
async function keepTrail(app: NestFastifyApplication): Promise<void> {
  try {
    await app.get(AuditTrail).flush();
    for await (const events of app.get(AuditStore).newest({})) {
      keepLog(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
    }
  } catch (error) {
    // A test may have taken the store away.
    if (!(error instanceof StoreUnavailableError)) throw error;
  }
}
