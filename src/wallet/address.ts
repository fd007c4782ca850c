import { getAddress, isHex, type Address } from 'viem';

/**
 * The address in EIP-55, or undefined for a text that is none. All lower and all upper case carry no checksum and are
 * accepted; in mixed case the checksum must be right. Source: EIP-55.
 */
export function parseAddress(text: string): Address | undefined {
  if (text.length !== 42 || !isHex(text)) return undefined;
  const address = getAddress(text.toLowerCase());
  const digits = text.slice(2);
  const hasChecksum = digits !== digits.toLowerCase() && digits !== digits.toUpperCase();
  return hasChecksum && text !== address ? undefined : address;
}
