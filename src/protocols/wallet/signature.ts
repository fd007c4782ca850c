/** `0x` and whole bytes of any content. */
export const hexBytes = /^0x(?:[0-9a-fA-F]{2})*$/;
const zero = Buffer.alloc(32);
/** The largest `r`, n - 1, and the largest low `s`, half of it, for secp256k1's order n. Source: SEC 2 §2.4.1, EIP-2 (2). */
const largestR = Buffer.from('fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140', 'hex');
const largestS = Buffer.from('7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0', 'hex');

/** A recoverable signature: values in range, low `s`, and the parity of the point that `r` stands for. */
export interface EcdsaSignature {
  /** 64 bytes, `r` then `s`. */
  readonly compact: Uint8Array;
  readonly yParity: 0 | 1;
}

/** Bytes of a signature in hex. */
export function sizeOfSignature(hex: string): number {
  return hex.length / 2 - 1;
}

/**
 * Parses `r`, `s` and `v` of 65 bytes, or the 64 of EIP-2098. Undefined for another length, `r` or `s` outside 1…n-1, high `s`,
 * or `v` other than 0, 1, 27 or 28. Source: EIP-191, EIP-2098, EIP-2 (2).
 */
export function parseSignature(hex: string): EcdsaSignature | undefined {
  if ((hex.length !== 132 && hex.length !== 130) || !hexBytes.test(hex)) return undefined;
  const bytes = Buffer.from(hex.slice(2), 'hex');
  const yParity = yParityOf(bytes);
  const compact = bytes.subarray(0, 64);
  // EIP-2098 stores the parity in the highest bit of s, which a low s does not use.
  if (bytes.length === 64) compact[32] = (compact[32] ?? 0) & 0x7f;
  // Anybody can turn a signature into a second one with n - s: only the one with low s is accepted.
  const inRange = liesIn(compact.subarray(0, 32), largestR) && liesIn(compact.subarray(32), largestS);
  return inRange && yParity !== undefined ? { compact, yParity } : undefined;
}

function yParityOf(bytes: Buffer): 0 | 1 | undefined {
  if (bytes.length === 64) return (bytes[32] ?? 0) >> 7 === 1 ? 1 : 0;
  switch (bytes[64]) {
    case 0:
    case 27:
      return 0;
    case 1:
    case 28:
      return 1;
    default:
      return undefined;
  }
}

/** From 1 to the largest. Numbers of equal length compare like their bytes. */
function liesIn(number: Buffer, largest: Buffer): boolean {
  return number.compare(zero) > 0 && number.compare(largest) <= 0;
}
