import { setTimeout as delay } from 'node:timers/promises';
import { frozen } from '../clients/cached-client-store';
import type { NowOrLater } from '../clients/client-store';
import { RecentReads } from '../clients/recent-reads';
import type { Clock } from '../../platform/clock';
import type { Api } from './api';
import { ApiStore } from './api-store';
import { canonicalResource } from '../clients/resource-identifier';

const maxAgeMs = 1_000;
/** By then no process remembers an API any more that was there before; with room for a request that it has just found it for. */
const forgottenEverywhereMs = maxAgeMs + 250;

/** All APIs as they were at one moment. */
interface Catalogue {
  readonly apis: readonly Api[];
  /** By canonical identifier. */
  readonly byIdentifier: ReadonlyMap<string, Api>;
}

/** The one key of the reads: the APIs are remembered as a whole. */
const all = '';

/** The APIs of a store, remembered for as long as another process may have changed them unnoticed: one second. */
export class CachedApiStore extends ApiStore {
  private readonly catalogue = new RecentReads<Catalogue>(maxAgeMs, 1);

  constructor(
    private readonly store: ApiStore,
    private readonly clock: Clock,
  ) {
    super();
  }

  async add(api: Api): Promise<boolean> {
    return this.changing(this.store.add(api));
  }

  async change(id: string, change: (api: Api) => Api): Promise<Api | undefined> {
    return this.changing(this.store.change(id, change));
  }

  async remove(id: string): Promise<void> {
    await this.changing(this.store.remove(id));
    await delay(forgottenEverywhereMs);
  }

  async find(id: string): Promise<Api | undefined> {
    return this.store.find(id);
  }

  async list(): Promise<readonly Api[]> {
    return this.store.list();
  }

  listRecent(): NowOrLater<readonly Api[]> {
    const found = this.recent();
    return found instanceof Promise ? found.then((read) => read?.apis ?? []) : (found?.apis ?? []);
  }

  findByIdentifier(identifier: string): NowOrLater<Api | undefined> {
    const key = canonicalResource(identifier);
    if (key === undefined) return undefined;
    const found = this.recent();
    if (found instanceof Promise) return found.then((read) => read?.byIdentifier.get(key));
    return found?.byIdentifier.get(key) ?? this.findAnew(key);
  }

  /** What is not there may be new: those who ask for it at once share one read. */
  private async findAnew(key: string): Promise<Api | undefined> {
    this.catalogue.forget(all);
    return (await this.recent())?.byIdentifier.get(key);
  }

  private recent(): NowOrLater<Catalogue | undefined> {
    return this.catalogue.get(all, this.clock.now(), async () => catalogueOf(await this.store.list()));
  }

  /** Forgets also after a failure: what the store did not confirm in time may still have come into effect. */
  private async changing<Result>(change: Promise<Result>): Promise<Result> {
    try {
      return await change;
    } finally {
      this.catalogue.forget(all);
    }
  }
}

function catalogueOf(apis: readonly Api[]): Catalogue {
  const byIdentifier = new Map(apis.map((api) => [canonicalResource(api.identifier) ?? '', frozen(api)]));
  return { apis: Object.freeze([...apis]), byIdentifier };
}
