import { randomBytes } from './random';

/** How many a user has at a time. */
export const recoveryCodesAtOnce = 10;

/** The entropy of a recovery code, in bits. */
export const recoveryCodeBits = 80;

const bitsOfCharacter = 5;
/** Source: RFC 4648 §6. */
const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const code = /^[A-Z2-7]{16}$/;

/** A new recovery code: 80 random bits in base32, 16 characters. */
export function newRecoveryCode(): string {
  const bits = [...randomBytes(recoveryCodeBits / 8)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return Array.from({ length: recoveryCodeBits / bitsOfCharacter }, (_character, at) =>
    base32.charAt(Number.parseInt(bits.slice(at * bitsOfCharacter, (at + 1) * bitsOfCharacter), 2)),
  ).join('');
}

/** The code as it was made, from how somebody typed it: in any case, with blanks and hyphens. Undefined: not a code. */
export function readRecoveryCode(typed: string): string | undefined {
  const read = typed.replaceAll(/[\s\p{Pd}]/gu, '').toUpperCase();
  return code.test(read) ? read : undefined;
}
