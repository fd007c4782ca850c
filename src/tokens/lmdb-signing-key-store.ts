import type { LmdbDatabase } from '../storage/lmdb-database';
import type { LmdbTable } from '../storage/lmdb-table';
import { type SigningKey, SigningKeyStore } from './signing-key-store';

/** `notBefore` is stored under the name of version 0.1. */
type Stored = Omit<SigningKey, 'notBefore'> & { readonly signsFrom: number };

export class LmdbSigningKeyStore extends SigningKeyStore {
  private readonly keys: LmdbTable<Stored>;

  constructor(private readonly database: LmdbDatabase) {
    super();
    this.keys = database.table('signing_keys');
  }

  async add(key: SigningKey): Promise<boolean> {
    return this.database.write(() => {
      if (this.keys.get(idOf(key)) !== undefined) return false;
      const { notBefore, ...fields } = key;
      this.keys.put(idOf(key), { ...fields, signsFrom: notBefore });
      return true;
    });
  }

  async list(): Promise<SigningKey[]> {
    return this.keys.valuesFresh().map(({ signsFrom, ...fields }) => ({ ...fields, notBefore: signsFrom }));
  }

  async remove(key: Pick<SigningKey, 'algorithm' | 'generation'>): Promise<void> {
    await this.database.write(() => this.keys.remove(idOf(key)));
  }
}

function idOf(key: Pick<SigningKey, 'algorithm' | 'generation'>): string {
  return `${key.algorithm}:${key.generation}`;
}
