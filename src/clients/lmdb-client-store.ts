import type { LmdbDatabase } from '../storage/lmdb-database';
import type { LmdbTable } from '../storage/lmdb-table';
import type { Client } from './client';
import { ClientStore } from './client-store';

export class LmdbClientStore extends ClientStore {
  private readonly clients: LmdbTable<Client>;

  constructor(private readonly database: LmdbDatabase) {
    super();
    this.clients = database.table('clients');
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

  async list(): Promise<Client[]> {
    return this.clients.valuesFresh();
  }
}
