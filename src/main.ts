import cluster from 'node:cluster';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { type Config, ConfigError, loadConfig } from './platform/config';
import { givePasswordTurns } from './domain/credentials/password-turns';
import { boundHeap } from './platform/heap';
import { createLogger } from './platform/logger';
import { keepSamples } from './operations/metrics/time-series/ring-workers';
import { relayMetrics } from './operations/metrics/metrics-workers';
import { answer, nothing, type Question, tell } from './platform/workers/worker-channel';
import { beginRsaKey } from './domain/tokens/private-key';

/** EX_CONFIG of sysexits.h: the settings are wrong, and starting again will not help. */
const exitConfig = 78;
const replaceAfterMs = 500;
/** A worker that was refused while others serve: what is wrong with the store may be set right without a restart. */
const replaceRefusedAfterMs = 10_000;

/** How a worker tells its supervisor that it serves, or that the settings or the store are refused. */
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
  // Imported here, so that the key is made meanwhile, and a supervisor does without.
  const { createApp } = await import('./configure-app.ts');
  const { Bootstrap } = await import('./operations/health/bootstrap.ts');
  const logger = createLogger();
  const app = await createApp(config, logger);
  const { finished } = app.get(Bootstrap);
  finished.catch(refuse);
  // What the start has left goes before anybody waits for an answer.
  boundHeap();
  await app.listen(config.port, config.host).catch((error: unknown) => {
    throw unusableHost(error, config);
  });
  logger.info({ issuer: config.issuer, store: config.mongodbUri === undefined ? 'lmdb' : 'mongodb' }, 'serving');
  finished.then(
    () => tell(nowServing, undefined),
    () => {},
  );
}

/** True before the first start on an embedded store; of MongoDB nothing is known yet. */
function isNewStore({ mongodbUri, dataDir }: Config): boolean {
  return mongodbUri === undefined && !existsSync(join(dataDir, 'lmdb'));
}

/**
 * Keeps `workers` processes behind the one port: a worker that dies is replaced. A refusal ends the service unless another
 * worker serves, which goes on; so does a worker that dies before any has listened.
 */
function supervise({ workers, adminToken }: Config): void {
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
  // A message to a worker that is just dying fails with this event, and unheard it would end the service; exit follows.
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
    // Every worker is refused for the same reason, again and again: one line says it.
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
    // Not at once: what killed it may kill the next one as fast. A stop does not wait for one that was refused.
    if (stopping) return;
    if (refused.delete(id)) setTimeout(fork, replaceRefusedAfterMs).unref();
    else setTimeout(fork, replaceAfterMs);
  });
  relayMetrics();
  if (adminToken !== undefined) keepSamples();
  givePasswordTurns();
  for (let count = 0; count < workers; count += 1) fork();
}

/**
 * Ends a worker whose supervisor is gone. Node would do it by exit(), which waits for LMDB's writer, which may wait for
 * this thread while it holds the lock of the database: no process could write any more.
 */
function endWithSupervisor(): void {
  const { worker } = cluster;
  const end = () => {
    if (!worker?.exitedAfterDisconnect) process.kill(process.pid, 'SIGKILL');
  };
  worker?.on('disconnect', end);
  // Node tells the supervisor of each connection that it took; what tells nobody fails here, and before that event.
  worker?.on('error', end);
}

/** A host that is none of this machine is a wrong setting; a port that is taken is not. */
function unusableHost(error: unknown, { host }: Config): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code !== 'EADDRNOTAVAIL' && code !== 'ENOTFOUND' && code !== 'EAI_AGAIN') return error;
  return new ConfigError(`HOST: ${JSON.stringify(host)} is not allowed; allowed: a name or IP address of this machine`);
}

function refuse(error: unknown): void {
  if (error instanceof ConfigError) {
    const exit = () => process.exit(exitConfig);
    if (cluster.isWorker) tell(isRefused, error.message, exit);
    else process.stderr.write(`${error.message}\n`, exit);
    return;
  }
  createLogger().fatal({ err: error }, 'the service cannot start');
  process.exit(1);
}

main().catch(refuse);
