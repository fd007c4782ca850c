import { setTimeout as delay } from 'node:timers/promises';
import { frozen } from '../clients/cached-client-store';
import { RecentReads } from '../clients/recent-reads';
import type { Clock } from '../../platform/clock';
import type { Api } from './api';
import type { ApiStore } from './api-store';
import { canonicalResource } from '../clients/resource-identifier';

const maxAgeMs = 1_000;
/** After this no process remembers a removed API; includes time for a request that has just found it. */
const forgottenEverywhereMs = maxAgeMs + 250;

/** All APIs at one moment. */
interface Catalogue {
  readonly apis: readonly Api[];
  /** By canonical identifier. */
  readonly byIdentifier: ReadonlyMap<string, Api>;
}

/** A constant key: the APIs are cached as a whole. */
const all = '';

/** The store, caching its APIs for one second, the time for which another process's change may go unseen. */
export function cachedApiStore(store: ApiStore, clock: Clock): ApiStore {
  const catalogue = new RecentReads<Catalogue>(maxAgeMs, 1);

  const recent = () => catalogue.get(all, clock.now(), async () => catalogueOf(await store.list()));

  /** An unknown identifier may be new; concurrent requests share one read. */
  async function findAnew(key: string): Promise<Api | undefined> {
    catalogue.forget(all);
    return (await recent())?.byIdentifier.get(key);
  }

  /** Also after a failure: a write that timed out may still take effect. */
  async function changing<Result>(change: Promise<Result>): Promise<Result> {
    try {
      return await change;
    } finally {
      catalogue.forget(all);
    }
  }

  const cached: Partial<ApiStore> = {
    add: async (api) => changing(store.add(api)),
    change: async (id, change) => changing(store.change(id, change)),
    remove: async (id, check) => {
      const wasThere = await changing(store.remove(id, check));
      await delay(forgottenEverywhereMs);
      return wasThere;
    },
    listRecent: () => {
      const found = recent();
      return found instanceof Promise ? found.then((read) => read?.apis ?? []) : (found?.apis ?? []);
    },
    findByIdentifier: (identifier) => {
      const key = canonicalResource(identifier);
      if (key === undefined) return undefined;
      const found = recent();
      if (found instanceof Promise) return found.then((read) => read?.byIdentifier.get(key));
      return found?.byIdentifier.get(key) ?? findAnew(key);
    },
  };
  return Object.assign(Object.create(store) as ApiStore, cached);
}

function catalogueOf(apis: readonly Api[]): Catalogue {
  const byIdentifier = new Map(apis.map((api) => [canonicalResource(api.identifier) ?? '', frozen(api)]));
  return { apis: Object.freeze([...apis]), byIdentifier };
}
