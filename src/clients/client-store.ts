import type { Client } from './client';

/** The registered clients. Every method rejects with StoreUnavailableError when the database does not answer in time. */
export abstract class ClientStore {
  abstract find(clientId: string): Promise<Client | undefined>;

  /** Stores the client in place of the one with its id. */
  abstract save(client: Client): Promise<void>;

  /** Forgets the client, if there is one with this id. */
  abstract remove(clientId: string): Promise<void>;

  abstract list(): Promise<Client[]>;
}
