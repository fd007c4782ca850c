import type { JSONWebKeySet, JWK } from 'jose';
import * as z from 'zod';
import { publicKeyOf } from '../credentials/public-key';

/** Most keys of a set that are examined and kept. */
export const keysAtMost = 20;
/** Approximate memory of a key with what is imported to verify by it, in bytes. Measured: RSA of 4096 bits. */
export const bytesOfKey = 12 * 1024;

/** The members that are kept beside the key itself. Source: RFC 7517 §4.2 to §4.5. */
const about = z.object({
  kid: z.string().max(512).optional(),
  alg: z.string().max(32).optional(),
  use: z.string().max(32).optional(),
  key_ops: z.array(z.string().max(32)).max(8).optional(),
});

/**
 * The verification keys of an untrusted set: of the first 20 candidates, each as {@link publicJwkOf} returns it. Undefined for
 * a value that is no key set. Source: RFC 7517 §5: what is not understood is ignored.
 */
export function usableKeys(set: unknown): JSONWebKeySet | undefined {
  const { keys }: { keys?: unknown } = isObject(set) ? set : {};
  if (!Array.isArray(keys)) return undefined;
  // Filtered before any key is imported, which is the expensive part.
  const candidates = keys.filter(isObject).filter(isToVerify).slice(0, keysAtMost);
  return { keys: candidates.flatMap((key) => publicJwkOf(key) ?? []) };
}

/** The public key of a JWK, with its known members only; undefined for a key that we cannot verify by. */
export function publicJwkOf(jwk: object): JWK | undefined {
  const known = about.safeParse(jwk);
  // Exported from the imported key: the text that was sent may be longer than what it means.
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
