import type { Client } from './client';

/** What is at hand comes at once, what must be read later: `await` takes either. */
export type NowOrLater<Value> = Value | Promise<Value>;

/** For so long, in milliseconds, a process may take a client for what it was before another one has changed it. */
export const clientRememberedMs = 5_000;

/**
 * The registered clients. Every method rejects with StoreUnavailableError when the database does not answer in time.
 * A client is what any process saved last or, of another process, at most 5 s before; a new one is there at once.
 */
export abstract class ClientStore {
  /** The client, unless it has expired, whose record nobody may change. */
  abstract find(clientId: string): NowOrLater<Client | undefined>;

  /** Stores the client in place of the one with its id. */
  abstract save(client: Client): Promise<void>;

  /** Stores a new client, and returns false when there is one with its id. */
  abstract add(client: Client): Promise<boolean>;

  /**
   * Puts what `change` makes of the client in its place, and returns that; undefined when there is none. Nothing that
   * another process changes meanwhile is lost: `change` may be called again. What it throws is thrown, and nothing stored.
   */
  abstract change(clientId: string, change: (client: Client) => Client): Promise<Client | undefined>;

  /** Forgets the client, if there is one with this id. */
  abstract remove(clientId: string): Promise<void>;

  /** All clients, or those whose id begins with `prefix`. */
  abstract list(prefix?: string): Promise<Client[]>;

  /** Up to `limit` clients in the order of their ids, those after `after`. */
  abstract page(limit: number, after?: string): Promise<Client[]>;

  /** True when any client has the API with this identifier as its default. */
  abstract hasDefaultResource(identifier: string): Promise<boolean>;

  /** True when any client has the origin, named as `originsOf` does it. */
  abstract hasOrigin(name: string): NowOrLater<boolean>;

  /** True when any client was made by the development seed. */
  abstract hasDemoClients(): Promise<boolean>;
}
