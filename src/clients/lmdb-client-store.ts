import type { LmdbDatabase } from '../storage/lmdb-database';
import type { LmdbTable } from '../storage/lmdb-table';
import type { Client } from './client';
import { ClientStore } from './client-store';
import { originsOf } from './origins';

const demo = 'demo';

export class LmdbClientStore extends ClientStore {
  private readonly clients: LmdbTable<Client>;

  constructor(private readonly database: LmdbDatabase) {
    super();
    this.clients = database.table('clients', namesOf);
  }

  async find(clientId: string): Promise<Client | undefined> {
    return this.clients.getFresh(clientId);
  }

  async save(client: Client): Promise<void> {
    await this.database.write(() => this.clients.put(client.clientId, client));
  }

  async remove(clientId: string): Promise<void> {
    await this.database.write(() => this.clients.remove(clientId));
  }

  async list(prefix?: string): Promise<Client[]> {
    return this.clients.valuesFresh(prefix);
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

/** What the index finds a client by. An origin has a colon, so none is named as the demo clients are. */
function namesOf(client: Client): string[] {
  return client.demo ? [...originsOf(client), demo] : originsOf(client);
}
