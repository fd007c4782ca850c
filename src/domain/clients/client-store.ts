import type { RecordType } from '../../platform/storage/record-schema';
import type { RecordDatabase, Records } from '../../platform/storage/records';
import { type Client, clientSchema } from './client';
import { originsOf } from './origins';

/** A cached value comes at once, a read one later: `await` takes either. */
export type NowOrLater<Value> = Value | Promise<Value>;

/** Milliseconds for which a process may use a client that another process has changed. */
export const clientRememberedMs = 5_000;

const managedName = 'managed';
/** Clients read at once. */
const pageSize = 500;

/** An origin has a colon and no space, so it cannot collide with the other names. */
export const clientRecords: RecordType<Client> = {
  name: 'clients',
  schema: clientSchema,
  key: 'clientId',
  namesOf: (client) => [
    ...originsOf(client),
    ...(client.defaultResource === undefined ? [] : [defaultName(client.defaultResource)]),
    ...(client.managed === true ? [managedName] : []),
  ],
};

/**
 * The registered clients. Every method rejects with StoreUnavailableError when the database does not answer in time. Changes by
 * another process are visible after at most 5 s, new clients at once.
 */
export class ClientStore {
  private readonly clients: Records<Client>;

  /** `hidesDemo`: hides clients of the development seed from everything but {@link hasDemoClients}. */
  constructor(database: RecordDatabase, hidesDemo = false) {
    this.clients = database.records(clientRecords, { hidesDemo });
  }

  /** The client, unless it has expired. Callers must not change the record. */
  find(clientId: string): NowOrLater<Client | undefined> {
    return this.clients.find({ key: clientId });
  }

  /** As {@link find}, but never from a cache. */
  async findStored(clientId: string): Promise<Client | undefined> {
    return this.clients.find({ key: clientId });
  }

  /** Stores the client, replacing one with the same id. */
  async save(client: Client): Promise<void> {
    await this.clients.save(client);
  }

  /** Stores a new client; false when its id is taken. */
  async add(client: Client): Promise<boolean> {
    return this.clients.add(client);
  }

  /**
   * Replaces the client by what `change` returns, and returns that; undefined when there is none. No concurrent change is lost:
   * `change` may be called again. When it throws, nothing is stored.
   */
  async change(clientId: string, change: (client: Client) => Client): Promise<Client | undefined> {
    return this.clients.change({ key: clientId }, change);
  }

  /** Removes the client; false when there is none. When `check`, which gets the client first, throws, nothing is removed. */
  async remove(clientId: string, check?: (client: Client) => void): Promise<boolean> {
    return this.clients.remove({ key: clientId }, check);
  }

  /** All clients, or those whose id begins with `prefix`. */
  async list(prefix?: string): Promise<Client[]> {
    return this.clients.list(prefix);
  }

  /** Up to `limit` clients, ordered by id, after `after`. */
  async page(limit: number, after?: string): Promise<Client[]> {
    return this.clients.page(limit, after);
  }

  /** The clients that `tessera apply` manages, ordered by id. */
  async listManaged(): Promise<Client[]> {
    return allNamed(this.clients, managedName);
  }

  /** The clients that have this API identifier as their default resource, ordered by id. */
  async listWithDefaultResource(identifier: string): Promise<Client[]> {
    return allNamed(this.clients, defaultName(identifier));
  }

  /** True when any client has this API identifier as its default resource. */
  async hasDefaultResource(identifier: string): Promise<boolean> {
    return this.clients.has(defaultName(identifier));
  }

  /** True when any client has the origin, in a spelling of `originsOf`. */
  hasOrigin(name: string): NowOrLater<boolean> {
    return this.clients.has(name);
  }

  /** True when any client was made by the development seed. */
  async hasDemoClients(): Promise<boolean> {
    return this.clients.hasDemo();
  }
}

async function allNamed(clients: Records<Client>, name: string): Promise<Client[]> {
  const all: Client[] = [];
  for (;;) {
    const page = await clients.listNamed(name, pageSize, all.at(-1)?.clientId);
    all.push(...page);
    if (page.length < pageSize) return all;
  }
}

function defaultName(identifier: string): string {
  return `default ${identifier}`;
}
