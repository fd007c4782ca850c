import { join } from 'node:path';
import { open } from 'lmdb';

/** Takes the embedded store's one writer and stops, as a process does that is suspended. */
const root = open({ path: join(process.argv[2] ?? '', 'lmdb'), maxDbs: 32 });
root.transactionSync(() => {
  process.send?.('held');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});
