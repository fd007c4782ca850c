import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from './platform/config';
import { endBadly, exitUsage } from './store-command';
import { ownEnvironment } from './platform/storage/environment';

const usage = `usage: store:restore DIRECTORY
Puts what store:backup made of MongoDB into a database without records. A backup of the embedded store needs no command: it is
a DATA_DIR; see docs/operations.md.
`;

/** Restores a copy into the MongoDB that the settings name. */
async function main(args: readonly string[]): Promise<void> {
  const [directory, ...rest] = args;
  const config = loadConfig(process.env);
  const { mongodbUri } = config;
  if (directory === undefined || directory.startsWith('-') || rest.length > 0 || mongodbUri === undefined) {
    return refuse(usage);
  }
  if (!existsSync(join(directory, 'meta.jsonl')))
    return refuse(`${JSON.stringify(directory)} is no backup of MongoDB\n`);
  const { restoreMongo, StoreNotEmptyError } = await import('./platform/storage/mongo-copy.ts');
  try {
    await restoreMongo(mongodbUri, ownEnvironment(config), directory);
  } catch (error) {
    if (!(error instanceof StoreNotEmptyError)) throw error;
    refuse(`${error.message}\n`);
  }
}

function refuse(why: string): void {
  process.stderr.write(why);
  process.exitCode = exitUsage;
}

main(process.argv.slice(2)).catch((error: unknown) => endBadly(error, 'the store could not be restored'));
