import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownScripts } from './own-scripts';

const buildClient = join(__dirname, '../../../packages/client/build.cjs');

/**
 * jest's globalSetup: where the run's logs are collected, where it keeps which databases of suites others may use, what the
 * examples import as @tessera/client, and with `TEST_SERVICE` the tests' own scripts, as one file each. jest asks for a
 * default export.
 */
const beginRun = async (): Promise<void> => {
  process.env['TEST_LOG_DIR'] = mkdtempSync(join(tmpdir(), 'tessera-log-'));
  process.env['TEST_DATABASES'] = mkdtempSync(join(tmpdir(), 'tessera-databases-'));
  execFileSync(process.execPath, [buildClient, '--if-needed']);
  if (process.env['TEST_SERVICE'] !== undefined) {
    const { bundle } = await import('./bundle.ts');
    await bundle(ownScripts);
  }
};

// oxlint-disable-next-line import/no-default-export
export default beginRun;
