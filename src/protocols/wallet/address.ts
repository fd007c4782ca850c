import { keccak256 } from './keccak';

/** 20 bytes in EIP-55. */
export type Address = `0x${string}`;

export const addressPattern = /^0x(?!0{40}$)[0-9a-fA-F]{40}$/;

/**
 * The address in EIP-55, or undefined for a text that is none, or for the zero address, whose key nobody has. All lower and all
 * upper case carry no checksum and are accepted; in mixed case the checksum must be right. Source: EIP-55.
 */
export function parseAddress(text: string): Address | undefined {
  if (!addressPattern.test(text)) return undefined;
  const digits = text.slice(2);
  const lower = digits.toLowerCase();
  const address = checksummed(lower);
  const hasChecksum = digits !== lower && digits !== digits.toUpperCase();
  return hasChecksum && text !== address ? undefined : address;
}

/** The address of a public key, 65 bytes in SEC 1's uncompressed form, in lower case. Source: Yellow Paper, appendix F. */
export function addressOf(publicKey: Uint8Array): string {
  // Without the first byte, which names the form.
  const hash = keccak256(publicKey.subarray(1));
  return `0x${Buffer.from(hash.buffer, hash.byteOffset + 12, 20).toString('hex')}`;
}

/** From 40 lower-case digits: a letter is upper case where the hash digit at its position is 8 or more. */
function checksummed(digits: string): Address {
  const text = Buffer.from(digits, 'latin1');
  const hash = keccak256(text);
  for (const [at, code] of text.entries()) {
    const digit = (hash[at >> 1] ?? 0) >> (at % 2 === 0 ? 4 : 0);
    if (code >= lowerA && (digit & 8) !== 0) text[at] = code - lowerA + upperA;
  }
  return `0x${text.toString('latin1')}`;
}

const lowerA = 0x61;
const upperA = 0x41;
