import type { Clock } from '../../platform/clock';
import { bytesOf } from './bounded-cache';
import type { Client } from './client';
import { clientRememberedMs, type ClientStore } from './client-store';
import { RecentReads } from './recent-reads';
import { bytesOfKey, keysAtMost } from './usable-keys';

const maxClients = 2_000;
/** Of all cached clients with their imported keys: anybody may register clients. */
const maxBytes = 24 * 1024 * 1024;
const maxOrigins = 2_000;

/** The store, caching its clients for five seconds, the time for which another process's change may go unseen. */
export function cachedClientStore(store: ClientStore, clock: Clock): ClientStore {
  const clients = new RecentReads<Client>(clientRememberedMs, maxClients, bytesOfClient, maxBytes);
  const origins = new RecentReads<true>(clientRememberedMs, maxOrigins);

  const read = async (clientId: string) => frozen(await store.find(clientId));

  /** The sweep runs later than the expiry. */
  const alive = (client: Client | undefined) =>
    client?.expiresAt === undefined || client.expiresAt > clock.now() ? client : undefined;

  /** Also after a failure: a write that timed out may still take effect. */
  async function changing<Result>(clientId: string, change: Promise<Result>): Promise<Result> {
    try {
      return await change;
    } finally {
      clients.forget(clientId);
      origins.forgetAll();
    }
  }

  const cached: Partial<ClientStore> = {
    find: (clientId) => {
      const found = clients.get(clientId, clock.now(), () => read(clientId));
      return found instanceof Promise ? found.then(alive) : alive(found);
    },
    save: async (client) => changing(client.clientId, store.save(client)),
    add: async (client) => changing(client.clientId, store.add(client)),
    change: async (clientId, change) => changing(clientId, store.change(clientId, change)),
    remove: async (clientId, check) => changing(clientId, store.remove(clientId, check)),
    hasOrigin: async (name) => {
      const readOrigin = async () => (await store.hasOrigin(name)) || undefined;
      return (await origins.get(name, clock.now(), readOrigin)) ?? false;
    },
  };
  return Object.assign(Object.create(store) as ClientStore, cached);
}

/** One record serves many requests, so none of them may change it. */
export function frozen<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
}

function bytesOfClient(client: Client): number {
  return bytesOf(client) + bytesOfKey * Math.min(client.jwks?.keys.length ?? 0, keysAtMost);
}
