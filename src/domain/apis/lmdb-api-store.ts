import type { LmdbDatabase } from '../../platform/storage/lmdb-database';
import type { LmdbTable } from '../../platform/storage/lmdb-table';
import type { Api } from './api';
import { ApiStore } from './api-store';
import { canonicalResource } from '../clients/resource-identifier';

/** Keeps APIs in LMDB under their identifiers, so that none is there twice. */
export class LmdbApiStore extends ApiStore {
  private readonly apis: LmdbTable<Api>;

  constructor(private readonly database: LmdbDatabase) {
    super();
    this.apis = database.table('apis');
  }

  async add(api: Api): Promise<boolean> {
    const key = keyOf(api);
    return this.database.write(() => {
      if (this.apis.has(key)) return false;
      this.apis.put(key, api);
      return true;
    });
  }

  async change(id: string, change: (api: Api) => Api): Promise<Api | undefined> {
    const key = await this.keyOfId(id);
    if (key === undefined) return undefined;
    return this.database.write(() => {
      const api = this.apis.get(key);
      if (api?.id !== id) return undefined;
      const changed = { ...change(api), id, identifier: api.identifier };
      this.apis.put(key, changed);
      return changed;
    });
  }

  async remove(id: string): Promise<void> {
    const key = await this.keyOfId(id);
    if (key === undefined) return;
    await this.database.write(() => {
      // Another API may have taken its identifier since.
      if (this.apis.get(key)?.id === id) this.apis.remove(key);
    });
  }

  async find(id: string): Promise<Api | undefined> {
    return this.apis.valuesFresh().find((api) => api.id === id);
  }

  async list(): Promise<readonly Api[]> {
    return this.apis.valuesFresh().toSorted(byId);
  }

  async listRecent(): Promise<readonly Api[]> {
    return this.list();
  }

  async findByIdentifier(identifier: string): Promise<Api | undefined> {
    const key = canonicalResource(identifier);
    return key === undefined ? undefined : this.apis.getFresh(key);
  }

  private async keyOfId(id: string): Promise<string | undefined> {
    const api = await this.find(id);
    return api && keyOf(api);
  }
}

function keyOf({ identifier }: Api): string {
  return canonicalResource(identifier) ?? identifier;
}

function byId({ id: a }: Api, { id: b }: Api): number {
  return a < b ? -1 : 1;
}
