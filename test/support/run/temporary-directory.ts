import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';

/** A directory for the tests of this block, which goes with what is in it. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'tessera-test-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
