import type { JWK } from 'jose';
import * as z from 'zod';
import { signingAlgorithms } from '../../platform/settings';
import { record, type RecordType, time } from '../../platform/storage/record-schema';
import type { RecordDatabase, Records } from '../../platform/storage/records';
import type { StoredJwk } from './key-encryption';

/** The key as the store holds it. */
export type StoredSigningKey = z.infer<typeof storedSigningKeySchema>;

const storedSigningKeySchema = record({
  algorithm: z.enum(signingAlgorithms),
  /** Counts the keys of an algorithm from 1. It is part of the id, so that of two concurrent first starts only one adds the key. */
  generation: z.number(),
  /** RFC 7638 thumbprint. */
  kid: z.string(),
  privateJwk: z.custom<StoredJwk>(),
  /** When it replaces the previous generation. Milliseconds since the epoch. */
  notBefore: time,
  /** Made by a development start; production refuses a store that holds one. */
  demo: z.boolean(),
});

/** A key pair that signs tokens. */
export type SigningKey = Omit<StoredSigningKey, 'privateJwk'> & { readonly privateJwk: JWK };

export const signingKeyRecords: RecordType<StoredSigningKey> = {
  name: 'signing_keys',
  schema: storedSigningKeySchema,
  key: idOf,
};

const retiredKeySchema = record({
  /** RFC 7638 thumbprint. */
  kid: z.string(),
  publicJwk: z.custom<StoredJwk>(),
  /** When it stopped signing. Milliseconds since the epoch. */
  retiredAt: time,
});

/** What is left of a key that was removed: it verifies, and never signs again. */
export type RetiredKey = z.infer<typeof retiredKeySchema>;

export const retiredKeyRecords: RecordType<RetiredKey> = {
  name: 'retired_keys',
  schema: retiredKeySchema,
  key: 'kid',
};

/** The keys that sign tokens. Every method rejects with StoreUnavailableError when the database does not answer in time. */
export class SigningKeyStore {
  private readonly keys: Records<StoredSigningKey>;
  private readonly retired: Records<RetiredKey>;

  constructor(database: RecordDatabase) {
    this.keys = database.records(signingKeyRecords);
    this.retired = database.records(retiredKeyRecords);
  }

  /** Adds the key; false when this generation of its algorithm exists. */
  async add(key: StoredSigningKey): Promise<boolean> {
    return this.keys.add(key);
  }

  async list(): Promise<StoredSigningKey[]> {
    return this.keys.list();
  }

  /** Replaces the stored `privateJwk` of the key; false when the key is gone. */
  async replacePrivateJwk({ privateJwk, ...key }: StoredSigningKey): Promise<boolean> {
    const replace = (stored: StoredSigningKey) => (stored.kid === key.kid ? { ...stored, privateJwk } : stored);
    return (await this.keys.change({ key: idOf(key) }, replace))?.kid === key.kid;
  }

  async remove(key: Pick<SigningKey, 'algorithm' | 'generation'>): Promise<void> {
    await this.keys.remove({ key: idOf(key) });
  }

  /** Stores it, replacing one of the same `kid`. */
  async retire(key: RetiredKey): Promise<void> {
    await this.retired.save(key);
  }

  async findRetired(kid: string): Promise<RetiredKey | undefined> {
    return this.retired.find({ key: kid });
  }

  async listRetired(): Promise<RetiredKey[]> {
    return this.retired.list();
  }

  async removeRetired(kid: string): Promise<void> {
    await this.retired.remove({ key: kid });
  }
}

function idOf(key: Pick<SigningKey, 'algorithm' | 'generation'>): string {
  return `${key.algorithm}:${key.generation}`;
}
