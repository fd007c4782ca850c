import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildTwin } from '../../../ablation/build';
import { eventually } from '../run/eventually';

/** Builds the twin once a run, whichever suite needs it first. */
export async function haveTwin(): Promise<void> {
  const directory = process.env['TEST_LOG_DIR'] ?? '';
  const [lock, built] = [join(directory, 'twin-lock'), join(directory, 'twin-built')];
  await eventually(async () => existsSync(built) || isMade(lock), { withinMs: 120_000, everyMs: 200 });
  if (existsSync(built)) return;
  try {
    await buildTwin();
    mkdirSync(built);
  } finally {
    rmSync(lock, { recursive: true });
  }
}

function isMade(directory: string): boolean {
  try {
    mkdirSync(directory);
    return true;
  } catch {
    return false;
  }
}
