import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';

/** A directory for the tests of this block, which goes with what is in it. */
export function temporaryDirectory(): string {
  const { path, remove } = newDirectory();
  afterAll(remove);
  return path;
}

/** One that goes with what is in it when it is removed: for a fixture. */
export function newDirectory() {
  const path = mkdtempSync(join(tmpdir(), 'tessera-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
