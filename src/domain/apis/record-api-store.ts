import type { RecordType } from '../../platform/storage/record-schema';
import type { RecordDatabase, Records } from '../../platform/storage/records';
import { canonicalResource } from '../clients/resource-identifier';
import { type Api, apiSchema } from './api';
import { ApiStore } from './api-store';

/** Under their identifiers, so that none is there twice. */
export const apiRecords: RecordType<Api> = {
  name: 'apis',
  schema: apiSchema,
  key: ({ identifier }) => canonicalResource(identifier) ?? identifier,
  namesOf: ({ id }) => [idName(id)],
};

/** The APIs as the database has them. */
export class RecordApiStore extends ApiStore {
  private readonly apis: Records<Api>;

  constructor(database: RecordDatabase) {
    super();
    this.apis = database.records(apiRecords);
  }

  async add(api: Api): Promise<boolean> {
    return this.apis.add(api);
  }

  async change(id: string, change: (api: Api) => Api): Promise<Api | undefined> {
    return this.apis.change({ name: idName(id) }, (api) => ({ ...change(api), id, identifier: api.identifier }));
  }

  async remove(id: string): Promise<void> {
    await this.apis.remove({ name: idName(id) });
  }

  async find(id: string): Promise<Api | undefined> {
    return this.apis.find({ name: idName(id) });
  }

  async list(): Promise<readonly Api[]> {
    return (await this.apis.list()).toSorted(byId);
  }

  async listRecent(): Promise<readonly Api[]> {
    return this.list();
  }

  async findByIdentifier(identifier: string): Promise<Api | undefined> {
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
