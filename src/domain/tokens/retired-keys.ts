import { importJWK, type CryptoKey, type JWK } from 'jose';
import { type KeyEncryption, UndecryptableKeyError } from './key-encryption';
import type { RetiredKey, SigningKeyStore } from './signing-key-store';

/** The algorithm of the keys that are kept. */
export const sealAlgorithm = 'ES256';

/**
 * The public halves of keys that have left the ring, for what they signed that must be verified for longer than a token. They
 * are encrypted as the keys were, so that nobody else can add one.
 */
export class RetiredKeys {
  private readonly known = new Map<string, Promise<CryptoKey | Uint8Array | undefined>>();

  constructor(
    private readonly store: SigningKeyStore,
    private readonly encryption: KeyEncryption,
  ) {}

  /** `retiredAt`: milliseconds since the epoch. */
  async add(kid: string, { kty, crv, x, y }: JWK, retiredAt: number): Promise<void> {
    const publicJwk = await this.encryption.encrypt({ kty, crv, x, y } as JWK);
    await this.store.retire({ kid, publicJwk, retiredAt });
  }

  /** The key, if it was not retired before this time. */
  async find(kid: string, signedAt: number): Promise<CryptoKey | Uint8Array | undefined> {
    const retired = await this.store.findRetired(kid);
    if (retired === undefined || retired.retiredAt < signedAt) return undefined;
    const known = this.known.get(kid) ?? this.import(retired);
    this.known.set(kid, known);
    return known;
  }

  /** Encrypts those that are not under the current key, and can be decrypted. */
  async encryptAgain(): Promise<void> {
    for (const retired of await this.store.listRetired()) {
      if (this.encryption.isCurrent(retired.publicJwk)) continue;
      const publicJwk = await this.decrypted(retired);
      if (publicJwk === undefined) continue;
      await this.store.retire({ ...retired, publicJwk: await this.encryption.encrypt(publicJwk) });
    }
  }

  async removeBefore(time: number): Promise<void> {
    for (const { kid, retiredAt } of await this.store.listRetired())
      if (retiredAt < time) await this.store.removeRetired(kid);
  }

  private async import(retired: RetiredKey): Promise<CryptoKey | Uint8Array | undefined> {
    const publicJwk = await this.decrypted(retired);
    return publicJwk && importJWK(publicJwk, sealAlgorithm);
  }

  private async decrypted({ kid, publicJwk }: RetiredKey): Promise<JWK | undefined> {
    try {
      return await this.encryption.decrypt(publicJwk, kid);
    } catch (error) {
      if (error instanceof UndecryptableKeyError) return undefined;
      throw error;
    }
  }
}
