import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Percent by which the heap may grow over its live objects before a full collection. */
const growthPercent = 60;

/**
 * Bounds the memory under load. Before the first full collection V8 lets the heap grow to half a gigabyte, and later to four
 * times its live objects, mostly garbage of requests that were under way at a minor collection.
 */
export function boundHeap(): void {
  // V8 allocates in the old generation where objects used to survive: here those of the start, later those of each login.
  setFlagsFromString('--no-allocation-site-pretenuring');
  setFlagsFromString(`--heap-growing-percent=${growthPercent}`);
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  setFlagsFromString('--no-expose-gc');
  collect();
}
