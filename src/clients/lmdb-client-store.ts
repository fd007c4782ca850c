import type { LmdbDatabase } from '../storage/lmdb-database';
import type { LmdbTable } from '../storage/lmdb-table';
import { type Client, clientOf, type FormerClient } from './client';
import { ClientStore } from './client-store';
import { originsOf } from './origins';

const demo = 'demo';

/** Before the second, a redirect URI on localhost was found by its own port alone. */
const indexVersion = '2';

export class LmdbClientStore extends ClientStore {
  private readonly clients: LmdbTable<Client & FormerClient>;

  constructor(private readonly database: LmdbDatabase) {
    super();
    this.clients = database.table('clients', namesOf, indexVersion);
  }

  async find(clientId: string): Promise<Client | undefined> {
    const stored = this.clients.getFresh(clientId);
    return stored && clientOf(stored);
  }

  async save(client: Client): Promise<void> {
    await this.database.write(() => this.clients.put(client.clientId, client));
  }

  async add(client: Client): Promise<boolean> {
    return this.database.write(() => {
      if (this.clients.has(client.clientId)) return false;
      this.clients.put(client.clientId, client);
      return true;
    });
  }

  async change(clientId: string, change: (client: Client) => Client): Promise<Client | undefined> {
    return this.database.write(() => {
      const stored = this.clients.get(clientId);
      if (stored === undefined) return undefined;
      const changed = change(clientOf(stored));
      this.clients.put(clientId, changed);
      return changed;
    });
  }

  async remove(clientId: string): Promise<void> {
    await this.database.write(() => this.clients.remove(clientId));
  }

  async list(prefix?: string): Promise<Client[]> {
    return this.clients.valuesFresh(prefix).map(clientOf);
  }

  async page(limit: number, after?: string): Promise<Client[]> {
    return this.clients.pageFresh(limit, after).map(clientOf);
  }

  async hasDefaultResource(identifier: string): Promise<boolean> {
    return this.clients.isIndexedFresh(defaultName(identifier));
  }

  async hasOrigin(name: string): Promise<boolean> {
    return this.clients.isIndexedFresh(name);
  }

  async hasDemoClients(): Promise<boolean> {
    return this.clients.isIndexedFresh(demo);
  }

  async completeIndex(): Promise<void> {
    await this.database.completeIndex(this.clients);
  }
}

/** What the index finds a client by. An origin has a colon and no space, so none is named as the others are. */
function namesOf(client: Client): string[] {
  const { defaultResource } = client;
  return [
    ...originsOf(client),
    ...(client.demo ? [demo] : []),
    ...(defaultResource === undefined ? [] : [defaultName(defaultResource)]),
  ];
}

function defaultName(identifier: string): string {
  return `default ${identifier}`;
}
