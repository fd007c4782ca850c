import { setTimeout as delay } from 'node:timers/promises';
import { machineCpuMs } from '../test/support/run/processes';

/** Cores of other work above which what was measured counts as disturbed. */
export const disturbedAbove = 0.2;
const quietBelow = 0.1;

/** Waits for a second in which the machine hardly works, but not for ever. */
export async function quiet(withinSeconds: number): Promise<void> {
  for (let waited = 0; waited < withinSeconds; waited += 1) {
    const [before, startedAt] = [machineCpuMs(), performance.now()];
    await delay(1_000);
    if ((machineCpuMs() - before) / (performance.now() - startedAt) < quietBelow) return;
  }
}
