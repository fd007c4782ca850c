import type { JWK } from 'jose';
import type { SigningAlgorithm } from '../../platform/config';
import type { StoredJwk } from './key-encryption';

/** A key pair that signs tokens. */
export interface SigningKey {
  readonly algorithm: SigningAlgorithm;
  /** Counts the keys of an algorithm from 1; the id together with it, so that of two first starts one makes the key. */
  readonly generation: number;
  /** RFC 7638 thumbprint. */
  readonly kid: string;
  readonly privateJwk: JWK;
  /** When it takes over from the previous generation. Milliseconds since the epoch. */
  readonly notBefore: number;
  /** Made by a development start; production refuses a store that holds one. */
  readonly demo: boolean;
}

/** The key as the store holds it. */
export interface StoredSigningKey extends Omit<SigningKey, 'privateJwk'> {
  readonly privateJwk: StoredJwk;
}

/** The keys that sign tokens. Every method rejects with StoreUnavailableError when the database does not answer in time. */
export abstract class SigningKeyStore {
  /** Adds the key and returns true, or false when this generation of its algorithm exists. */
  abstract add(key: StoredSigningKey): Promise<boolean>;

  abstract list(): Promise<StoredSigningKey[]>;

  /** Stores `privateJwk` for the key in place of what is there, and returns true, or false when the key is not there any more. */
  abstract replacePrivateJwk(key: StoredSigningKey): Promise<boolean>;

  abstract remove(key: Pick<SigningKey, 'algorithm' | 'generation'>): Promise<void>;
}
