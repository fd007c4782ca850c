import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spreadOf } from '../figures';
import { disturbedAbove, quiet } from '../quiet';
import type { Figure, Part } from '../report';
import { type RunningServer, service, startServer } from '../servers';
import type { Settings } from '../settings';

export type Start = Omit<RunningServer, 'stop'>;

/** How long the built service takes from its start until it is ready, on any core. */
export async function measureStart({ starts, quietWithinSeconds }: Settings): Promise<Part> {
  const first: Start[] = [];
  const again: Start[] = [];
  for (let count = 0; count < starts; count += 1) {
    await quiet(quietWithinSeconds);
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

/** A start of the service with these settings, and its end. */
export async function startOnce(env: Readonly<Record<string, string>>): Promise<Start> {
  const { stop, ...start } = await startServer(service(env), undefined);
  await stop();
  return start;
}

export function readyAfter({ readyAfterMs }: Start): number {
  return readyAfterMs;
}

export function isDisturbed({ otherBusy }: Start): boolean {
  return otherBusy > disturbedAbove;
}

function figure(what: string, starts: readonly Start[]): Figure {
  const spread = spreadOf(starts.map(readyAfter));
  return { what, spread, unit: 'ms', goal: 1_000, disturbed: starts.some(isDisturbed) };
}
