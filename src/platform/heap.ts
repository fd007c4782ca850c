import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** By how much the heap may grow over what was alive in it before it is collected whole. */
const growthPercent = 60;

/**
 * Keeps the process small under load. V8 lets a heap that has never been collected whole grow to half a gigabyte, and
 * later to four times what is alive, most of it garbage of requests that were under way when the young part was collected.
 */
export function boundHeap(): void {
  setFlagsFromString(`--heap-growing-percent=${growthPercent}`);
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  setFlagsFromString('--no-expose-gc');
  collect();
}
