import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** The entropy of a credential, in bits. */
export const secretBits = 256;

/** A new credential: 256 random bits in base64url, 43 characters. */
export function newSecret(): string {
  return randomBytes(secretBits / 8).toString('base64url');
}

/** A new identifier that nobody can guess: 128 random bits in base64url, 22 characters. */
export function newId(): string {
  return randomBytes(16).toString('base64url');
}

/** SHA-256 in base64url: how a credential is stored, and where it is looked up. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}

/** True when the two are equal, compared in constant time. */
export function secretsEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
