import type { LmdbDatabase } from '../../platform/storage/lmdb-database';
import type { LmdbTable } from '../../platform/storage/lmdb-table';
import type { Client } from './client';
import { ClientStore } from './client-store';
import { originsOf } from './origins';

const demo = 'demo';

export class LmdbClientStore extends ClientStore {
  private readonly clients: LmdbTable<Client>;

  /** `hidesDemo`: a client of the development seed is not there, but for {@link hasDemoClients}. */
  constructor(
    private readonly database: LmdbDatabase,
    private readonly hidesDemo = false,
  ) {
    super();
    this.clients = database.table('clients', namesOf);
  }

  async find(clientId: string): Promise<Client | undefined> {
    return this.shown(this.clients.getFresh(clientId));
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
      const client = this.shown(this.clients.get(clientId));
      if (client === undefined) return undefined;
      const changed = change(client);
      this.clients.put(clientId, changed);
      return changed;
    });
  }

  async remove(clientId: string): Promise<void> {
    await this.database.write(() => this.clients.remove(clientId));
  }

  async list(prefix?: string): Promise<Client[]> {
    return this.clients.valuesFresh(prefix).flatMap((stored) => this.shown(stored) ?? []);
  }

  async page(limit: number, after?: string): Promise<Client[]> {
    const clients: Client[] = [];
    for (let last = after; ;) {
      const batch = this.clients.pageFresh(limit, last);
      clients.push(...batch.flatMap((stored) => this.shown(stored) ?? []));
      if (clients.length >= limit || batch.length < limit) return clients.slice(0, limit);
      last = batch.at(-1)?.clientId;
    }
  }

  async hasDefaultResource(identifier: string): Promise<boolean> {
    return this.isShownAs(defaultName(identifier));
  }

  async hasOrigin(name: string): Promise<boolean> {
    return this.isShownAs(name);
  }

  async hasDemoClients(): Promise<boolean> {
    return this.clients.isIndexedFresh(demo);
  }

  private shown(stored: Client | undefined): Client | undefined {
    return stored === undefined || (this.hidesDemo && stored.demo) ? undefined : stored;
  }

  /** The index alone answers, unless some of what it finds may be hidden. */
  private isShownAs(name: string): boolean {
    if (!this.clients.isIndexedFresh(name)) return false;
    if (!this.hidesDemo || !this.clients.isIndexedFresh(demo)) return true;
    return this.clients.namedFresh(name).some((stored) => !stored.demo);
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
