import { hash } from 'node:crypto';
import { randomBytes } from '../credentials/random';
import { hashSecret, secretsEqual } from '../credentials/secret';

const familyBytes = 16;
const secretBytes = 32;
const shape = /^([\w-]{22})\.([\w-]{64})$/;

/** The parts of a refresh token, as they are stored. */
export interface ParsedRefreshToken {
  readonly grantId: string;
  readonly secret: string;
  /** SHA-256 of the secret, base64url. */
  readonly secretHash: string;
  /** SHA-256 of the part that all tokens of the grant share. */
  readonly familyHash: string;
}

/** A new refresh token in plain, which only the response carries, and the hashes for the grant; see RefreshState. */
export interface NewRefreshToken {
  readonly token: string;
  readonly current: string;
  readonly family: string;
}

/**
 * A refresh token is `<grant id>.<secret>`; the secret, 48 bytes in base64url, has 128 bits that all tokens of the grant share
 * and 256 of its own. The shared part proves a former token without a record of each: the grant id alone, which access tokens
 * carry, must not be enough to revoke a grant.
 */
export function newRefreshToken(grantId: string, family: Buffer = randomBytes(familyBytes)): NewRefreshToken {
  const secret = Buffer.concat([family, randomBytes(secretBytes)]).toString('base64url');
  return { token: `${grantId}.${secret}`, current: hashSecret(secret), family: hashOf(family) };
}

/** The next token of the same family and grant. */
export function successorOf({ grantId, secret }: ParsedRefreshToken): NewRefreshToken {
  return newRefreshToken(grantId, familyOf(secret));
}

/** Undefined for a text that is no refresh token of ours. */
export function parseRefreshToken(token: string): ParsedRefreshToken | undefined {
  const [, grantId, secret] = shape.exec(token) ?? [];
  if (grantId === undefined || secret === undefined) return undefined;
  return { grantId, secret, secretHash: hashSecret(secret), familyHash: hashOf(familyOf(secret)) };
}

/** True for a former or current token of the grant with this family. */
export function isOfFamily({ familyHash }: ParsedRefreshToken, family: string): boolean {
  return secretsEqual(familyHash, family);
}

function familyOf(secret: string): Buffer {
  return Buffer.from(secret, 'base64url').subarray(0, familyBytes);
}

function hashOf(bytes: Buffer): string {
  return hash('sha256', bytes, 'base64url');
}
