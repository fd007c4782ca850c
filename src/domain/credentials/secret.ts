import { hash, timingSafeEqual } from 'node:crypto';
import { randomText } from './random';

/** The entropy of a credential, in bits. */
export const secretBits = 256;

/** A new credential: 256 random bits in base64url, 43 characters. */
export function newSecret(): string {
  return randomText(secretBits / 8, 'base64url');
}

/** A new unguessable identifier: 128 random bits in base64url, 22 characters. */
export function newId(): string {
  return randomText(16, 'base64url');
}

/** SHA-256 in base64url: how a credential is stored and looked up. */
export function hashSecret(secret: string): string {
  return hash('sha256', secret, 'base64url');
}

export function secretsEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
