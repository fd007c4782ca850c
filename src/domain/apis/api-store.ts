import type { NowOrLater } from '../clients/client-store';
import type { Api } from './api';

/**
 * The registered APIs, of which there are tens rather than thousands. Every method rejects with StoreUnavailableError when
 * the database does not answer in time. No API that it returns may be changed.
 */
export abstract class ApiStore {
  /** Stores a new API, and returns false when there is one with its identifier. `id`: a new one. */
  abstract add(api: Api): Promise<boolean>;

  /**
   * Puts what `change` makes of the API in its place, under the id and the identifier that it has, and returns that;
   * undefined when there is none. Nothing that another process changes meanwhile is lost: `change` may be called again.
   * What it throws is thrown, and nothing stored.
   */
  abstract change(id: string, change: (api: Api) => Api): Promise<Api | undefined>;

  /** Forgets the API, if there is one with this id. Once it resolves, no process takes it for one. */
  abstract remove(id: string): Promise<void>;

  abstract find(id: string): Promise<Api | undefined>;

  /** All of them, in the order of their ids. */
  abstract list(): Promise<readonly Api[]>;

  /** As {@link list}, or as it was in any process at most 1 s before. */
  abstract listRecent(): NowOrLater<readonly Api[]>;

  /**
   * The API that a resource identifier names, which may be anything that was sent: as any process saved it last or at most
   * 1 s before; a new one is there at once.
   */
  abstract findByIdentifier(identifier: string): NowOrLater<Api | undefined>;
}
