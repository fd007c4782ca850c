import type { Clock } from '../../platform/clock';
import { bytesOf } from './bounded-cache';
import type { Client } from './client';
import { clientRememberedMs, ClientStore, type NowOrLater } from './client-store';
import { RecentReads } from './recent-reads';
import { bytesOfKey, keysAtMost } from './usable-keys';

const maxClients = 2_000;
/** Of all of them, with the keys that are made of theirs: anybody may register clients. */
const maxBytes = 24 * 1024 * 1024;
const maxOrigins = 2_000;

/** The clients of a store, remembered for as long as another process may have changed them unnoticed: five seconds. */
export class CachedClientStore extends ClientStore {
  private readonly clients = new RecentReads<Client>(clientRememberedMs, maxClients, bytesOfClient, maxBytes);
  private readonly origins = new RecentReads<true>(clientRememberedMs, maxOrigins);

  constructor(
    private readonly store: ClientStore,
    private readonly clock: Clock,
  ) {
    super();
  }

  find(clientId: string): NowOrLater<Client | undefined> {
    const found = this.clients.get(clientId, this.clock.now(), () => this.read(clientId));
    return found instanceof Promise ? found.then((client) => this.alive(client)) : this.alive(found);
  }

  async save(client: Client): Promise<void> {
    await this.changing(client.clientId, this.store.save(client));
  }

  async add(client: Client): Promise<boolean> {
    return this.changing(client.clientId, this.store.add(client));
  }

  async change(clientId: string, change: (client: Client) => Client): Promise<Client | undefined> {
    return this.changing(clientId, this.store.change(clientId, change));
  }

  async remove(clientId: string): Promise<void> {
    await this.changing(clientId, this.store.remove(clientId));
  }

  async list(prefix?: string): Promise<Client[]> {
    return this.store.list(prefix);
  }

  async page(limit: number, after?: string): Promise<Client[]> {
    return this.store.page(limit, after);
  }

  async hasDefaultResource(identifier: string): Promise<boolean> {
    return this.store.hasDefaultResource(identifier);
  }

  async hasOrigin(name: string): Promise<boolean> {
    const read = async () => (await this.store.hasOrigin(name)) || undefined;
    return (await this.origins.get(name, this.clock.now(), read)) ?? false;
  }

  async hasDemoClients(): Promise<boolean> {
    return this.store.hasDemoClients();
  }

  private async read(clientId: string): Promise<Client | undefined> {
    return frozen(await this.store.find(clientId));
  }

  /** The sweep comes later than the end. */
  private alive(client: Client | undefined): Client | undefined {
    return client?.expiresAt === undefined || client.expiresAt > this.clock.now() ? client : undefined;
  }

  /** Forgets also after a failure: what the store did not confirm in time may still have come into effect. */
  private async changing<Result>(clientId: string, change: Promise<Result>): Promise<Result> {
    try {
      return await change;
    } finally {
      this.clients.forget(clientId);
      this.origins.forgetAll();
    }
  }
}

/** One record serves many requests, so none may change it for the next. */
export function frozen<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
}

function bytesOfClient(client: Client): number {
  return bytesOf(client) + bytesOfKey * Math.min(client.jwks?.keys.length ?? 0, keysAtMost);
}
