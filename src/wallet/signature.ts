import { hexToBytes, isHex } from 'viem';

/** The order of the secp256k1 group. Source: SEC 2 §2.4.1. */
const n = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** A signature that can be recovered from: in range, low `s`, and which of the two points `r` stands for. */
export interface EcdsaSignature {
  /** 64 bytes, `r` then `s`. */
  readonly compact: Uint8Array;
  readonly yParity: 0 | 1;
}

/** True for `0x` and whole bytes; what is in them is not looked at. */
export function isSignatureHex(text: string): boolean {
  return isHex(text) && text.length % 2 === 0;
}

/**
 * Reads `r`, `s` and `v` of 65 bytes, or the 64 of EIP-2098. Undefined when the length is another, `r` or `s` is not in
 * 1…n-1, `s` is high, or `v` is not 0, 1, 27 or 28. Source: EIP-191, EIP-2098, EIP-2 (2).
 */
export function parseSignature(hex: string): EcdsaSignature | undefined {
  if (!isHex(hex) || (hex.length !== 132 && hex.length !== 130)) return undefined;
  const bytes = hexToBytes(hex);
  const yParity = yParityOf(bytes);
  const compact = bytes.slice(0, 64);
  // EIP-2098 keeps the parity in the highest bit of s, which a low s does not use.
  if (bytes.length === 64) compact[32] = (compact[32] ?? 0) & 0x7f;
  const [r, s] = [toNumber(compact.subarray(0, 32)), toNumber(compact.subarray(32))];
  // Whoever holds a signature can make its twin with n - s: only one of the two is a signature here.
  const inRange = r > 0n && r < n && s > 0n && s <= n / 2n;
  return inRange && yParity !== undefined ? { compact, yParity } : undefined;
}

function yParityOf(bytes: Uint8Array): 0 | 1 | undefined {
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

function toNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}
