import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownScripts } from './own-scripts';

const client = join(__dirname, '../../packages/client');

/**
 * jest's globalSetup: where the run's logs are collected, where it keeps which databases of suites others may use, what the
 * examples import as @tessera/client, and with `TEST_SERVICE` the tests' own scripts, as one file each. jest asks for a
 * default export.
 */
const beginRun = async (): Promise<void> => {
  process.env['TEST_LOG_DIR'] = mkdtempSync(join(tmpdir(), 'tessera-log-'));
  process.env['TEST_DATABASES'] = mkdtempSync(join(tmpdir(), 'tessera-databases-'));
  if (clientIsStale()) execFileSync(process.execPath, [join(client, 'build.cjs')]);
  if (process.env['TEST_SERVICE'] !== undefined) {
    const { bundle } = require('../../build.cjs') as {
      bundle(files: Readonly<Record<string, string>>): Promise<unknown>;
    };
    await bundle(ownScripts);
  }
};

// oxlint-disable-next-line import/no-default-export
export default beginRun;

/** Whether a source is newer than what was built of them. */
function clientIsStale(): boolean {
  const built = statSync(join(client, 'dist/index.d.cts'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = readdirSync(join(client, 'src'), { recursive: true, encoding: 'utf8' });
  return sources.some((name) => statSync(join(client, 'src', name)).mtimeMs > built);
}
