import type { RecordType } from '../../platform/storage/record-schema';
import type { RecordDatabase, Records } from '../../platform/storage/records';
import type { NowOrLater } from '../clients/client-store';
import { canonicalResource } from '../clients/resource-identifier';
import { type Api, apiSchema } from './api';

/** Keyed by identifier, so that none is stored twice. */
export const apiRecords: RecordType<Api> = {
  name: 'apis',
  schema: apiSchema,
  key: ({ identifier }) => canonicalResource(identifier) ?? identifier,
  namesOf: ({ id }) => [idName(id)],
};

/**
 * The registered APIs: tens rather than thousands. Every method rejects with StoreUnavailableError when the database does not
 * answer in time. Callers must not change a returned API.
 */
export class ApiStore {
  private readonly apis: Records<Api>;

  constructor(database: RecordDatabase) {
    this.apis = database.records(apiRecords);
  }

  /** Stores a new API; false when its identifier is taken. `id`: a new one. */
  async add(api: Api): Promise<boolean> {
    return this.apis.add(api);
  }

  /**
   * Replaces the API by what `change` returns, keeps id and identifier, and returns the result; undefined when there is none.
   * No concurrent change is lost: `change` may be called again. When it throws, nothing is stored.
   */
  async change(id: string, change: (api: Api) => Api): Promise<Api | undefined> {
    return this.apis.change({ name: idName(id) }, (api) => ({ ...change(api), id, identifier: api.identifier }));
  }

  /**
   * Removes the API; false when there is none. Once it resolves, no process accepts the API any more. When `check`, which gets the
   * API first, throws, nothing is removed.
   */
  async remove(id: string, check?: (api: Api) => void): Promise<boolean> {
    return this.apis.remove({ name: idName(id) }, check);
  }

  async find(id: string): Promise<Api | undefined> {
    return this.apis.find({ name: idName(id) });
  }

  /** All APIs, ordered by id. */
  async list(): Promise<readonly Api[]> {
    return (await this.apis.list()).toSorted(byId);
  }

  /** As {@link list}, at most 1 s old. */
  listRecent(): NowOrLater<readonly Api[]> {
    return this.list();
  }

  /** The API with this resource identifier, which may be untrusted input. Changes are visible after at most 1 s, new APIs at once. */
  findByIdentifier(identifier: string): NowOrLater<Api | undefined> {
    const key = canonicalResource(identifier);
    return key === undefined ? undefined : this.apis.find({ key });
  }
}

function idName(id: string): string {
  return `id ${id}`;
}

function byId({ id: a }: Api, { id: b }: Api): number {
  return a < b ? -1 : 1;
}
