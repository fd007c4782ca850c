import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, ConfigError, loadConfig } from '../../platform/config';
import { ownEnvironment } from '../../platform/storage/environment';
import { StoreUnavailableError } from '../../platform/storage/store-unavailable.error';
import { theArgument } from './command';
import type { OutsideResult, Outside, OutsideCommand } from './outside-command';
import type { Written } from './terminal';
import { UsageError } from './usage-error';

const argument = '<directory>';
const exitStatuses =
  'Exit status: 0 done, 1 failed, 64 wrong usage, 69 the database does not answer, 78 a setting is wrong.';

/** They open the store only for the copy: nothing in it is prepared or changed. */
export const storeCommands: readonly OutsideCommand[] = [
  {
    words: 'store backup',
    argument,
    about: 'copy the store, in use or not, into a new directory',
    notes: [
      'A copy of the embedded store is a DATA_DIR of its own; one of MongoDB is for `store restore`.',
      exitStatuses,
    ].join('\n  '),
    options: {},
    runOutside: (given, outside) => copying(() => backup(directoryOf(theArgument(given, argument)), outside)),
  },
  {
    words: 'store restore',
    argument,
    about: 'restore a copy of MongoDB into an empty database',
    notes: ['A copy of the embedded store needs no command: see docs/operations.md.', exitStatuses].join('\n  '),
    options: {},
    runOutside: (given, outside) => copying(() => restore(directoryOf(theArgument(given, argument)), outside)),
  },
];

/** Throws: {@link UsageError} for an option. */
function directoryOf(text: string): string {
  if (text.startsWith('-')) throw new UsageError(`unknown option ${text}`);
  return text;
}

/** Passes on file system errors in full: a copy's errors contain no secrets. */
async function copying(work: () => Promise<void>): Promise<OutsideResult> {
  try {
    await work();
    return { lines: [], complaints: [], exitStatus: 0 };
  } catch (error) {
    const isToldElsewhere = [UsageError, ConfigError, StoreUnavailableError].some((kind) => error instanceof kind);
    if (isToldElsewhere || !(error instanceof Error)) throw error;
    return { lines: [], complaints: [error.message], exitStatus: 1 };
  }
}

async function backup(directory: string, { env, stderr }: Outside): Promise<void> {
  const config = loadConfig(env);
  if (existsSync(directory)) throw new UsageError(`${JSON.stringify(directory)} already exists`);
  process.umask(0o077);
  if (config.mongodbUri === undefined) return backupEmbedded(config, directory, stderr);
  const { copyMongo } = await import('../../platform/storage/mongo-copy.ts');
  const { copiedParts } = await import('../../mongo-storage.ts');
  return copyMongo(config.mongodbUri, ownEnvironment(config), directory, copiedParts);
}

async function backupEmbedded(config: Config, directory: string, stderr: Written): Promise<void> {
  if (!existsSync(join(config.dataDir, 'lmdb'))) {
    throw new UsageError(`there is no store at ${JSON.stringify(config.dataDir)}`);
  }
  const { openEmbedded } = await import('../../lmdb-storage.ts');
  const { Clock } = await import('../../platform/clock.ts');
  const { createLogger } = await import('../../platform/logger.ts');
  const logger = createLogger({ write: (line) => void stderr.write(line) });
  const database = openEmbedded(config, new Clock(), logger);
  try {
    await database.copyTo(directory);
  } finally {
    await database.close();
  }
}

async function restore(directory: string, { env }: Outside): Promise<void> {
  const config = loadConfig(env);
  if (config.mongodbUri === undefined) throw new UsageError('MONGODB_URI is missing: a copy is restored into MongoDB');
  if (!existsSync(join(directory, 'meta.jsonl'))) {
    throw new UsageError(`${JSON.stringify(directory)} is not a backup of MongoDB`);
  }
  const { restoreMongo, StoreNotEmptyError } = await import('../../platform/storage/mongo-copy.ts');
  try {
    await restoreMongo(config.mongodbUri, ownEnvironment(config), directory);
  } catch (error) {
    throw error instanceof StoreNotEmptyError ? new UsageError(error.message) : error;
  }
}
