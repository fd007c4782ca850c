import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Clock } from './clock';
import { ConfigError, loadConfig } from './config';
import { openEmbedded } from './lmdb-storage';
import { createLogger } from './logger';

/** EX_USAGE and EX_CONFIG of sysexits.h. */
const exitUsage = 64;
const exitConfig = 78;

const usage = `usage: store:backup DIRECTORY
Copies the embedded store, running or not, into a directory that is not there yet: a DATA_DIR of its own.
A store on MongoDB is copied by MongoDB's own tools; see docs/operations.md.
`;

/** Copies the embedded store that the settings name as it is at one moment; it may be written meanwhile. */
async function main(args: readonly string[]): Promise<void> {
  const [directory, ...rest] = args;
  const config = loadConfig(process.env);
  if (directory === undefined || directory.startsWith('-') || rest.length > 0 || config.mongodbUri !== undefined) {
    return refuse(usage);
  }
  if (existsSync(directory)) return refuse(`${JSON.stringify(directory)} is there already\n`);
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

function refuse(why: string): void {
  process.stderr.write(why);
  process.exitCode = exitUsage;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : 'the store could not be copied'}\n`);
  process.exitCode = error instanceof ConfigError ? exitConfig : 1;
});
