import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Clock } from './platform/clock';
import { type Config, loadConfig } from './platform/config';
import { openEmbedded } from './lmdb-storage';
import { createLogger } from './platform/logger';
import { endBadly, exitUsage } from './store-command';
import { ownEnvironment } from './platform/storage/environment';

const usage = `usage: store:backup DIRECTORY
Copies the store, running or not, into a directory that is not there yet. Of the embedded store it is a DATA_DIR of its own;
what it makes of MongoDB is what store:restore takes.
`;

/** Copies the store that the settings name; it may be written meanwhile. */
async function main(args: readonly string[]): Promise<void> {
  const [directory, ...rest] = args;
  const config = loadConfig(process.env);
  if (directory === undefined || directory.startsWith('-') || rest.length > 0) return refuse(usage);
  if (existsSync(directory)) return refuse(`${JSON.stringify(directory)} is there already\n`);
  process.umask(0o077);
  const { mongodbUri } = config;
  if (mongodbUri === undefined) await copyEmbedded(config, directory);
  else await copyMongodb(mongodbUri, config, directory);
}

async function copyEmbedded(config: Config, directory: string): Promise<void> {
  if (!existsSync(join(config.dataDir, 'lmdb')))
    return refuse(`there is no store at ${JSON.stringify(config.dataDir)}\n`);
  const logger = createLogger({ write: (line) => void process.stderr.write(line) });
  const database = openEmbedded(config, new Clock(), logger);
  try {
    await database.copyTo(directory);
  } finally {
    await database.close();
  }
}

async function copyMongodb(uri: string, config: Config, directory: string): Promise<void> {
  const { copyMongo } = await import('./platform/storage/mongo-copy.ts');
  await copyMongo(uri, ownEnvironment(config), directory);
}

function refuse(why: string): void {
  process.stderr.write(why);
  process.exitCode = exitUsage;
}

main(process.argv.slice(2)).catch((error: unknown) => endBadly(error, 'the store could not be copied'));
