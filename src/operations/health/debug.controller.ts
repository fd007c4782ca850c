import { Controller, Inject } from '@nestjs/common';
import { Clock } from '../../platform/clock';
import { CONFIG, type Config } from '../../platform/config';
import { Endpoint } from '../../platform/http/endpoint';
import { type InspectedRecord, StoreInspector } from '../../platform/storage/store-inspector';
import { stateOperation } from './debug.openapi';
import { inspectedCollections } from '../metrics/inspected-collections';

const listed = 100;

/** The contents of the store, in development only. */
@Controller()
export class DebugController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
    private readonly inspector: StoreInspector,
  ) {}

  /** The newest records of each collection, credentials as hashes, with seconds to live. */
  @Endpoint({ method: 'GET', path: '/debug/state', access: 'public', describe: stateOperation })
  async state(): Promise<Record<string, unknown>> {
    const now = this.clock.now();
    const collections: Record<string, unknown> = {};
    for (const name of inspectedCollections) {
      const [count, records] = await Promise.all([this.inspector.count(name), this.inspector.list(name, listed)]);
      collections[name] = { count, records: records.map((record) => shown(record, now)) };
    }
    return { store: this.config.mongodbUri === undefined ? 'lmdb' : 'mongodb', ...collections };
  }
}

/** An encrypted successor of a refresh token does not help a reader, so a grant's refresh state is omitted. */
function shown({ refresh: _refresh, ...record }: InspectedRecord, now: number): Record<string, unknown> {
  const { expiresAt } = record;
  return expiresAt === undefined ? record : { ...record, secondsToLive: Math.ceil((expiresAt - now) / 1000) };
}
