import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { open } from 'lmdb';

const heldMs = 1_500;
const freeMs = 100;

/** Holds the embedded store's only writer nearly all the time, as a disk does that stalls, until it is told to stop. */
async function main(): Promise<void> {
  const root = open({ path: join(process.argv[2] ?? '', 'lmdb'), maxDbs: 32 });
  const stopping = new AbortController();
  process.once('message', () => stopping.abort());
  process.send?.('holding');
  const wait = new Int32Array(new SharedArrayBuffer(4));
  while (!stopping.signal.aborted) {
    root.transactionSync(() => void Atomics.wait(wait, 0, 0, heldMs));
    await delay(freeMs);
  }
  await root.close();
  process.disconnect();
}

void main();
