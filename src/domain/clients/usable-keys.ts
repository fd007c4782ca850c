import type { JSONWebKeySet, JWK } from 'jose';
import * as z from 'zod';
import { publicKeyOf } from '../credentials/public-key';

/** Of a set, so many are looked at and kept at most. */
export const keysAtMost = 20;
/** About what a key takes in memory with all that is made of it to verify by; bytes. Measured: RSA of 4096 bits. */
export const bytesOfKey = 12 * 1024;

/** What is kept of a key beside itself. Source: RFC 7517 §4.2 to §4.5. */
const about = z.object({
  kid: z.string().max(512).optional(),
  alg: z.string().max(32).optional(),
  use: z.string().max(32).optional(),
  key_ops: z.array(z.string().max(32)).max(8).optional(),
});

/**
 * The keys of a set that somebody else wrote by which a signature can be verified, of the first 20 that may be such, each as
 * {@link publicJwkOf} has it. Undefined for what is no key set. Source: RFC 7517 §5: what is not understood is ignored.
 */
export function usableKeys(set: unknown): JSONWebKeySet | undefined {
  const { keys }: { keys?: unknown } = isObject(set) ? set : {};
  if (!Array.isArray(keys)) return undefined;
  // Before any is imported, which costs more than all else here.
  const candidates = keys.filter(isObject).filter(isToVerify).slice(0, keysAtMost);
  return { keys: candidates.flatMap((key) => publicJwkOf(key) ?? []) };
}

/** The public key that a JWK is, with the members that are known and no others; undefined for one that we verify nothing with. */
export function publicJwkOf(jwk: object): JWK | undefined {
  const known = about.safeParse(jwk);
  // As the key says it of itself: what was sent may be longer than what it means.
  const key = known.success ? publicKeyOf(jwk)?.export({ format: 'jwk' }) : undefined;
  return key === undefined ? undefined : ({ ...key, ...known.data } as JWK);
}

function isToVerify({ kty, crv, use = 'sig' }: Readonly<Record<string, unknown>>): boolean {
  if (use !== 'sig') return false;
  return kty === 'RSA' || (kty === 'EC' && crv === 'P-256') || (kty === 'OKP' && crv === 'Ed25519');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
