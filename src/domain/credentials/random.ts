import { randomFillSync } from 'node:crypto';

/** Bytes requested from the generator at once: a call costs ten times as much as the bytes of a secret. */
const poolBytes = 4_096;
const pool = Buffer.alloc(poolBytes);
let used = poolBytes;

/** Bytes of the system's cryptographic generator as text, at most 4,096; none is kept or returned twice. */
export function randomText(bytes: number, encoding: 'base64url' | 'hex'): string {
  const begin = take(bytes);
  const text = pool.toString(encoding, begin, used);
  pool.fill(0, begin, used);
  return text;
}

/** As {@link randomText}, but as bytes. */
export function randomBytes(bytes: number): Buffer {
  const begin = take(bytes);
  const copy = Buffer.from(pool.subarray(begin, used));
  pool.fill(0, begin, used);
  return copy;
}

/** Offset of the next bytes in the pool; they end at `used`. */
function take(bytes: number): number {
  if (bytes > poolBytes) throw new RangeError(`at most ${poolBytes} bytes`);
  if (used + bytes > poolBytes) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return used - bytes;
}
