import type { RecordType } from '../../platform/storage/record-schema';
import type { RecordDatabase, Records } from '../../platform/storage/records';
import { type Client, clientSchema } from './client';
import { ClientStore } from './client-store';
import { originsOf } from './origins';

/** An origin has a colon and no space, so none is named as the others are. */
export const clientRecords: RecordType<Client> = {
  name: 'clients',
  schema: clientSchema,
  key: 'clientId',
  namesOf: (client) => [
    ...originsOf(client),
    ...(client.defaultResource === undefined ? [] : [defaultName(client.defaultResource)]),
  ],
};

/** The clients as the database has them. */
export class RecordClientStore extends ClientStore {
  private readonly clients: Records<Client>;

  /** `hidesDemo`: a client of the development seed is not there, but for {@link hasDemoClients}. */
  constructor(database: RecordDatabase, hidesDemo = false) {
    super();
    this.clients = database.records(clientRecords, { hidesDemo });
  }

  async find(clientId: string): Promise<Client | undefined> {
    return this.clients.find({ key: clientId });
  }

  async save(client: Client): Promise<void> {
    await this.clients.save(client);
  }

  async add(client: Client): Promise<boolean> {
    return this.clients.add(client);
  }

  async change(clientId: string, change: (client: Client) => Client): Promise<Client | undefined> {
    return this.clients.change({ key: clientId }, change);
  }

  async remove(clientId: string): Promise<void> {
    await this.clients.remove({ key: clientId });
  }

  async list(prefix?: string): Promise<Client[]> {
    return this.clients.list(prefix);
  }

  async page(limit: number, after?: string): Promise<Client[]> {
    return this.clients.page(limit, after);
  }

  async hasDefaultResource(identifier: string): Promise<boolean> {
    return this.clients.has(defaultName(identifier));
  }

  async hasOrigin(name: string): Promise<boolean> {
    return this.clients.has(name);
  }

  async hasDemoClients(): Promise<boolean> {
    return this.clients.hasDemo();
  }
}

function defaultName(identifier: string): string {
  return `default ${identifier}`;
}
