import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ownScripts } from './own-scripts';

const buildClient = join(__dirname, '../../../packages/client/build.cjs');

const isPrepared = () => process.env['TEST_AWAITS'] === undefined || existsSync(process.env['TEST_AWAITS']);

/**
 * jest's globalSetup: where the run's logs are collected, where it keeps which databases of suites others may use, what the
 * examples import as @tessera/client, and with `TEST_SERVICE` the tests' own scripts, as one file each. With `TEST_AWAITS`
 * it begins when that file is there. jest asks for a default export.
 */
const beginRun = async (): Promise<void> => {
  while (!isPrepared()) await delay(200);
  process.env['TEST_LOG_DIR'] = mkdtempSync(join(tmpdir(), 'tessera-log-'));
  process.env['TEST_DATABASES'] = mkdtempSync(join(tmpdir(), 'tessera-databases-'));
  execFileSync(process.execPath, [buildClient, '--if-needed']);
  if (process.env['TEST_SERVICE'] !== undefined) {
    const { bundle } = require('../../../build.cjs') as {
      bundle(files: Readonly<Record<string, string>>): Promise<unknown>;
    };
    await bundle(ownScripts);
  }
};

// oxlint-disable-next-line import/no-default-export
export default beginRun;
