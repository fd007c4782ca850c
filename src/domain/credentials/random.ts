import { randomFillSync } from 'node:crypto';

/** How many bytes the generator is asked for at once: a call costs ten times what the bytes of a secret do. */
const poolBytes = 4_096;
const pool = Buffer.alloc(poolBytes);
let used = poolBytes;

/** Bytes of the system's cryptographic generator, as text; at most 4,096 of them. None is kept, and none given twice. */
export function randomText(bytes: number, encoding: 'base64url' | 'hex'): string {
  const begin = take(bytes);
  const text = pool.toString(encoding, begin, used);
  pool.fill(0, begin, used);
  return text;
}

/** The same as bytes. */
export function randomBytes(bytes: number): Buffer {
  const begin = take(bytes);
  const copy = Buffer.from(pool.subarray(begin, used));
  pool.fill(0, begin, used);
  return copy;
}

/** Where in the pool the next bytes begin; they end at `used`. */
function take(bytes: number): number {
  if (bytes > poolBytes) throw new RangeError(`at most ${poolBytes} bytes`);
  if (used + bytes > poolBytes) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return used - bytes;
}
