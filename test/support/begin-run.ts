import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * jest's globalSetup: where the run's logs are collected, and with `TEST_SERVICE` the one of the tests' own scripts that is
 * started often, as one file. jest asks for a default export.
 */
const beginRun = async (): Promise<void> => {
  process.env['TEST_LOG_DIR'] = mkdtempSync(join(tmpdir(), 'tessera-log-'));
  if (process.env['TEST_SERVICE'] !== undefined) {
    const { bundle } = require('../../bundle.cjs') as {
      bundle(files: Readonly<Record<string, string>>): Promise<unknown>;
    };
    await bundle({ 'test/support/contender.ts': 'dist/contender.js' });
  }
};

// oxlint-disable-next-line import/no-default-export
export default beginRun;
