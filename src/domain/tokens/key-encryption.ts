import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, compactDecrypt, CompactEncrypt, decodeProtectedHeader, type JWK } from 'jose';

/** A private key as stored: a JWE in compact serialization, or the plain JWK when no encryption key is set. */
export type StoredJwk = JWK | string;

/** A stored key that none of the settings' keys decrypts. */
export class UndecryptableKeyError extends Error {}

const algorithms = { alg: 'dir', enc: 'A256GCM' } as const;

/**
 * Encrypts private keys for the store under the first key, and decrypts by any of them. Each key has 32 random bytes.
 * Source: RFC 7516 §3.1, RFC 7518 §4.5, §5.3.
 */
export class KeyEncryption {
  private readonly keys: ReadonlyMap<string, Uint8Array>;
  private readonly currentKid: string | undefined;

  constructor(keys: readonly Uint8Array[]) {
    this.keys = new Map(keys.map((key) => [thumbprintOf(key), key]));
    [this.currentKid] = this.keys.keys();
  }

  /** The JWK as it is to be stored. The JWE names its encryption key by RFC 7638 thumbprint. */
  async encrypt(jwk: JWK): Promise<StoredJwk> {
    const key = this.currentKid === undefined ? undefined : this.keys.get(this.currentKid);
    if (key === undefined || this.currentKid === undefined) return jwk;
    return new CompactEncrypt(Buffer.from(JSON.stringify(jwk)))
      .setProtectedHeader({ ...algorithms, kid: this.currentKid, cty: 'jwk+json' })
      .encrypt(key);
  }

  /** The JWK with this RFC 7638 thumbprint. Throws: {@link UndecryptableKeyError}. */
  async decrypt(stored: StoredJwk, thumbprint: string): Promise<JWK> {
    if (typeof stored !== 'string') return stored;
    const kid = kidIn(stored);
    const key = this.keys.get(kid);
    if (key === undefined) throw new UndecryptableKeyError(`encrypted under the key ${kid}, which is not listed`);
    try {
      const options = { keyManagementAlgorithms: [algorithms.alg], contentEncryptionAlgorithms: [algorithms.enc] };
      const { plaintext } = await compactDecrypt(stored, key, options);
      const jwk = JSON.parse(Buffer.from(plaintext).toString()) as JWK;
      // A JWE that was moved to another record is rejected.
      if ((await calculateJwkThumbprint(jwk)) === thumbprint) return jwk;
    } catch (cause) {
      throw new UndecryptableKeyError(`altered since it was encrypted under the key ${kid}`, { cause });
    }
    throw new UndecryptableKeyError('encrypted for another record');
  }

  /** False when {@link encrypt} would store it differently: under another key, or encrypted at all. */
  isCurrent(stored: StoredJwk): boolean {
    if (this.currentKid === undefined) return true;
    return typeof stored === 'string' && kidIn(stored) === this.currentKid;
  }
}

/** A symmetric key has 256 bits of entropy, so its hash reveals nothing. Source: RFC 7638 §3.2, §7. */
function thumbprintOf(key: Uint8Array): string {
  const members = JSON.stringify({ k: Buffer.from(key).toString('base64url'), kty: 'oct' });
  return createHash('sha256').update(members).digest('base64url');
}

function kidIn(jwe: string): string {
  try {
    const { kid } = decodeProtectedHeader(jwe);
    return typeof kid === 'string' ? kid : 'without a name';
  } catch {
    return 'without a name';
  }
}
