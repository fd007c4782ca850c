import { exportJWK, generateKeyPair, type JWK } from 'jose';
import type { SigningAlgorithm } from '../../platform/settings';

let begun: Promise<JWK> | undefined;

/** Begins generating the RSA key that the next {@link newPrivateKey} returns: it takes a fifth of a second, on another thread. */
export function beginRsaKey(): void {
  begun = generate('RS256');
  // The caller who takes the key gets the error.
  begun.catch(() => {});
}

/** A new private key, of 2048 bits where it is RSA. */
export async function newPrivateKey(algorithm: SigningAlgorithm): Promise<JWK> {
  if (algorithm !== 'RS256' || begun === undefined) return generate(algorithm);
  const key = begun;
  begun = undefined;
  return key;
}

async function generate(algorithm: SigningAlgorithm): Promise<JWK> {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true, modulusLength: 2048 });
  return exportJWK(privateKey);
}
