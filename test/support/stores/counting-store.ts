import { ClientStore } from '../../../src/domain/clients/client-store';
import { LmdbClientStore } from '../../../src/domain/clients/lmdb-client-store';
import { MongoClientStore } from '../../../src/domain/clients/mongo-client-store';
import { LmdbDatabase } from '../../../src/platform/storage/lmdb-database';
import type { OpenStores } from './open-stores';
import type { StoreName } from './stores';

/** The adapter of the clients without the cache in front of it, and how often each of its methods was called. */
export function countingStore(stores: OpenStores, name: StoreName) {
  const reads: Record<string, number> = {};
  const adapter = name === 'lmdb' ? new LmdbClientStore(stores.get(LmdbDatabase)) : stores.get(MongoClientStore);
  const store: ClientStore = new Proxy(adapter, {
    get(target, method: keyof ClientStore) {
      reads[method] = (reads[method] ?? 0) + 1;
      return target[method].bind(target);
    },
  });
  return { reads, store };
}
