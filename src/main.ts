import cluster from 'node:cluster';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { type Config, ConfigError, loadConfig } from './platform/config';
import { givePasswordTurns } from './domain/credentials/password-turns';
import { boundHeap } from './platform/heap';
import { createLogger } from './platform/logger';
import { keepSamples } from './operations/metrics/time-series/time-series-workers';
import { relayMetrics } from './operations/metrics/metrics-workers';
import { answer, nothing, type Question, notify } from './platform/workers/worker-channel';
import { beginRsaKey } from './domain/tokens/private-key';

/** EX_CONFIG of sysexits.h: the settings are wrong, and a restart will not help. */
const exitConfig = 78;
const replaceAfterMs = 500;
/** Milliseconds until a refused worker is replaced while others serve: the store's fault may be fixed without a restart. */
const replaceRefusedAfterMs = 10_000;

/** A worker reports to its supervisor that it serves, or that settings or store are refused. */
const nowServing: Question<undefined, undefined> = { name: 'serving', asked: nothing, answer: nothing };
const isRefused: Question<string, undefined> = { name: 'refused', asked: z.string(), answer: nothing };

async function main(): Promise<void> {
  const config = loadConfig(process.env);
  if (config.workers > 1 && cluster.isPrimary) return supervise(config);
  await serve(config);
}

async function serve(config: Config): Promise<void> {
  endWithSupervisor();
  if (isNewStore(config)) beginRsaKey();
  // Imported here, so that the key is generated meanwhile, and a supervisor does not load it.
  const { createApp } = await import('./configure-app.ts');
  const { Bootstrap } = await import('./operations/health/bootstrap.ts');
  const logger = createLogger();
  const app = await createApp(config, logger);
  const { finished } = app.get(Bootstrap);
  finished.catch(refuse);
  // Collects the garbage of the start before the first request.
  boundHeap();
  await app.listen(config.port, config.host).catch((error: unknown) => {
    throw unusableHost(error, config);
  });
  logger.info({ issuer: config.issuer, store: config.mongodbUri === undefined ? 'lmdb' : 'mongodb' }, 'serving');
  finished.then(
    () => notify(nowServing, undefined),
    () => {},
  );
}

/** True before the first start on an embedded store; for MongoDB it is not known yet. */
function isNewStore({ mongodbUri, dataDir }: Config): boolean {
  return mongodbUri === undefined && !existsSync(join(dataDir, 'lmdb'));
}

/**
 * Keeps `workers` processes on one port: a worker that dies is replaced. A refused worker ends the service unless another one
 * serves; so does a worker that dies before any has listened.
 */
function supervise({ workers }: Config): void {
  let stopping = false;
  let listened = false;
  let lastRefusal = '';
  const serving = new Set<number>();
  const refused = new Set<number>();
  const stop = (signal: NodeJS.Signals) => {
    stopping = true;
    for (const worker of Object.values(cluster.workers ?? {})) worker?.kill(signal);
  };
  const fork = () => {
    if (!stopping) cluster.fork();
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  // Sending to a dying worker emits this event, which would end the service if unhandled; exit follows.
  cluster.on('fork', (worker) => worker.on('error', () => {}));
  cluster.on('listening', () => {
    listened = true;
  });
  answer(nowServing, (_told, { id }) => {
    serving.add(id);
    lastRefusal = '';
    return undefined;
  });
  answer(isRefused, (refusal, { id }) => {
    if (stopping) return undefined;
    serving.delete(id);
    refused.add(id);
    // Every worker is refused for the same reason: one line is enough.
    if (refusal !== lastRefusal) process.stderr.write(`${refusal}\n`);
    lastRefusal = refusal;
    if (serving.size > 0) return undefined;
    process.exitCode = exitConfig;
    stop('SIGTERM');
    return undefined;
  });
  cluster.on('exit', ({ id }) => {
    serving.delete(id);
    if (!listened && !stopping) {
      process.exitCode = 1;
      stop('SIGTERM');
    }
    // Not at once: what killed this one may kill the next as fast. A stop does not wait for a refused worker's replacement.
    if (stopping) return;
    if (refused.delete(id)) setTimeout(fork, replaceRefusedAfterMs).unref();
    else setTimeout(fork, replaceAfterMs);
  });
  relayMetrics();
  keepSamples();
  givePasswordTurns();
  for (let count = 0; count < workers; count += 1) fork();
}

/**
 * Ends a worker whose supervisor is gone. Node's own exit() waits for LMDB's writer, which may wait for this thread while it
 * holds the database lock: no process could write any more.
 */
function endWithSupervisor(): void {
  const { worker } = cluster;
  const end = () => {
    if (!worker?.exitedAfterDisconnect) process.kill(process.pid, 'SIGKILL');
  };
  worker?.on('disconnect', end);
  // Node reports each accepted connection to the supervisor; without one, that fails here, before the disconnect event.
  worker?.on('error', end);
}

/** A host that is not one of this machine is a wrong setting; a taken port is not. */
function unusableHost(error: unknown, { host }: Config): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code !== 'EADDRNOTAVAIL' && code !== 'ENOTFOUND' && code !== 'EAI_AGAIN') return error;
  return new ConfigError(`HOST: ${JSON.stringify(host)} is not allowed; allowed: a name or IP address of this machine`);
}

function refuse(error: unknown): void {
  if (error instanceof ConfigError) {
    const exit = () => process.exit(exitConfig);
    if (cluster.isWorker) notify(isRefused, error.message, exit);
    else process.stderr.write(`${error.message}\n`, exit);
    return;
  }
  createLogger().fatal({ err: error }, 'the service cannot start');
  process.exit(1);
}

main().catch(refuse);
