import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** jest's globalSetup: where the run's logs are collected. jest asks for a default export. */
const beginRun = async (): Promise<void> => {
  process.env['TEST_LOG_DIR'] = mkdtempSync(join(tmpdir(), 'tessera-log-'));
};

// oxlint-disable-next-line import/no-default-export
export default beginRun;
