import type { LmdbDatabase } from '../../platform/storage/lmdb-database';
import type { LmdbTable } from '../../platform/storage/lmdb-table';
import { type SigningKey, SigningKeyStore, type StoredSigningKey } from './signing-key-store';

export class LmdbSigningKeyStore extends SigningKeyStore {
  private readonly keys: LmdbTable<StoredSigningKey>;

  constructor(private readonly database: LmdbDatabase) {
    super();
    this.keys = database.table('signing_keys');
  }

  async add(key: StoredSigningKey): Promise<boolean> {
    return this.database.write(() => {
      if (this.keys.get(idOf(key)) !== undefined) return false;
      this.keys.put(idOf(key), key);
      return true;
    });
  }

  async list(): Promise<StoredSigningKey[]> {
    return this.keys.valuesFresh();
  }

  async replacePrivateJwk({ privateJwk, ...key }: StoredSigningKey): Promise<boolean> {
    return this.database.write(() => {
      const stored = this.keys.get(idOf(key));
      if (stored?.kid !== key.kid) return false;
      this.keys.put(idOf(key), { ...stored, privateJwk });
      return true;
    });
  }

  async remove(key: Pick<SigningKey, 'algorithm' | 'generation'>): Promise<void> {
    await this.database.write(() => this.keys.remove(idOf(key)));
  }
}

function idOf(key: Pick<SigningKey, 'algorithm' | 'generation'>): string {
  return `${key.algorithm}:${key.generation}`;
}
