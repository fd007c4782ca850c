import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spreadOf } from '../figures';
import type { Figure, Part } from '../report';
import { service, startServer } from '../servers';
import type { Settings } from '../settings';

/** How long the built service takes from its start until it is ready, on any core. */
export async function measureStart({ starts }: Settings): Promise<Part> {
  const first: number[] = [];
  const again: number[] = [];
  for (let count = 0; count < starts; count += 1) {
    const directory = mkdtempSync(join(tmpdir(), 'tessera-start-'));
    first.push(await startOnce({ DATA_DIR: directory }));
    again.push(await startOnce({ DATA_DIR: directory }));
    rmSync(directory, { recursive: true, force: true });
  }
  return {
    title: 'From start to ready',
    about: `Until \`/health/ready\` answers, not pinned, ${starts} times; the first start of a store makes its keys and demo accounts.`,
    figures: [
      figure('from start to ready, on an empty store', first),
      figure('from start to ready, on a store that is there', again),
    ],
    absolutes: [],
    calibrations: [],
  };
}

/** Milliseconds. */
export async function startOnce(env: Readonly<Record<string, string>>): Promise<number> {
  const { readyAfterMs, stop } = await startServer(service(env), undefined);
  await stop();
  return readyAfterMs;
}

function figure(what: string, milliseconds: readonly number[]): Figure {
  return { what, spread: spreadOf(milliseconds), unit: 'ms', goal: 1_000, disturbed: false };
}
