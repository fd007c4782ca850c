import cluster from 'node:cluster';
import { createApp } from './configure-app';
import { type Config, ConfigError, loadConfig } from './config';
import { createLogger } from './logger';
import { Bootstrap } from './operations/bootstrap';
import { relayMetrics } from './operations/metrics-workers';

/** EX_CONFIG of sysexits.h: the settings are wrong, and starting again will not help. */
const exitConfig = 78;

async function main(): Promise<void> {
  const config = loadConfig(process.env);
  if (config.workers > 1 && cluster.isPrimary) return supervise(config.workers);
  await serve(config);
}

async function serve(config: Config): Promise<void> {
  const logger = createLogger();
  const app = await createApp(config, logger);
  app.get(Bootstrap).finished.catch(refuse);
  await app.listen(config.port, config.host);
  logger.info({ issuer: config.issuer, store: config.mongodbUri === undefined ? 'lmdb' : 'mongodb' }, 'serving');
}

/** Keeps `workers` processes behind the one port: a worker that dies is replaced, one that was refused ends the service. */
function supervise(workers: number): void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    stopping = true;
    for (const worker of Object.values(cluster.workers ?? {})) worker?.kill(signal);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  cluster.on('exit', (_worker, code) => {
    if (code === exitConfig) {
      process.exitCode = exitConfig;
      stop('SIGTERM');
    }
    if (!stopping) cluster.fork();
  });
  relayMetrics();
  for (let count = 0; count < workers; count += 1) cluster.fork();
}

function refuse(error: unknown): void {
  if (error instanceof ConfigError) {
    process.stderr.write(`${error.message}\n`);
    process.exit(exitConfig);
  }
  createLogger().fatal({ err: error }, 'the service cannot start');
  process.exit(1);
}

main().catch(refuse);
