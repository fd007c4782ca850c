import { rmSync } from 'node:fs';
import { findCredentials } from './log-scan';
import { dropDatabases } from '../stores/mongo-databases';
import { collectedIn } from './run-log';

/**
 * jest's globalTeardown: fails the run when the log of any of its services holds a credential. jest asks for a default
 * export.
 */
const endRun = async (): Promise<void> => {
  await dropDatabases();
  rmSync(process.env['TEST_DATABASES'] ?? '', { recursive: true });
  const directory = process.env['TEST_LOG_DIR'] ?? '';
  const run = collectedIn(directory);
  rmSync(directory, { recursive: true });
  const found = findCredentials(run);
  if (found.length > 0) throw new Error(`The log of this run holds credentials:\n${found.slice(0, 20).join('\n')}`);
  assertThatItWouldFind(run);
};

// oxlint-disable-next-line import/no-default-export
export default endRun;

/** A scan that cannot fail proves nothing: with one of the run's own credentials in its log it must. */
function assertThatItWouldFind({ credentials }: ReturnType<typeof collectedIn>): void {
  const [credential] = [...credentials].slice(-1);
  if (credential === undefined) return;
  const line = `{"level":30,"msg":"request","note":"x${credential}x"}`;
  if (findCredentials({ log: line, credentials }).length === 0) throw new Error('The scan of the log finds nothing');
}
