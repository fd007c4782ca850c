import { ClientStore } from '../../../src/domain/clients/client-store';
import { RecordDatabase } from '../../../src/platform/storage/records';
import type { OpenStores } from './open-stores';

/** The clients without the cache in front of them, and how often each method was called. */
export function countingStore(stores: OpenStores) {
  const reads: Record<string, number> = {};
  const store = new Proxy(new ClientStore(stores.get(RecordDatabase)), {
    get(target, method: keyof ClientStore) {
      reads[method] = (reads[method] ?? 0) + 1;
      return target[method].bind(target);
    },
  });
  return { reads, store };
}
