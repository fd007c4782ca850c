import * as z from 'zod';
import { list, optional, record, type RecordType, time } from '../../platform/storage/record-schema';
import type { RecordDatabase, Records } from '../../platform/storage/records';
import { clientSecretSchema } from '../clients/client';
import type { NowOrLater } from '../clients/client-store';
import { RecentReads } from '../clients/recent-reads';
import type { Clock } from '../../platform/clock';
import { operatorRoles } from '../identity/operator-role';

/** Somebody, or a program, who works in the administration by a token. */
export type Operator = z.infer<typeof operatorSchema>;

const operatorSchema = record({
  id: z.string(),
  /** Unique whatever its case, never `bootstrap`. */
  name: z.string(),
  role: z.enum(operatorRoles),
  disabled: optional(z.boolean()),
  expiresAt: optional(time),
  createdAt: time,
  /** Exact to five minutes. */
  lastUsedAt: optional(time),
  /** The tokens, newest first; at most two. */
  secrets: list(clientSecretSchema),
});

/** The operators are one record, so that rules about all of them hold whatever happens at once. */
type Directory = z.infer<typeof directorySchema>;

const directorySchema = record({ id: z.string(), operators: list(operatorSchema) });

export const operatorRecords: RecordType<Directory> = { name: 'operators', schema: directorySchema, key: 'id' };

const ref = { key: 'all' };
export const operatorsAtMost = 1_000;

/** The named operators. Every method rejects with StoreUnavailableError when the database does not answer in time. */
export class OperatorStore {
  private readonly directory: Records<Directory>;

  constructor(database: RecordDatabase) {
    this.directory = database.records(operatorRecords);
  }

  /** In the order in which they were added. */
  async list(): Promise<readonly Operator[]> {
    return (await this.directory.find(ref))?.operators ?? [];
  }

  /** As {@link list}, at most 1 s old. */
  listRecent(): NowOrLater<readonly Operator[]> {
    return this.list();
  }

  /**
   * Replaces all of them by what `change` returns; when it returns undefined or throws, nothing is stored. No concurrent change
   * is lost: `change` may be called again.
   */
  async change(change: (operators: readonly Operator[]) => readonly Operator[] | undefined): Promise<void> {
    for (;;) {
      const changed = await this.directory.change(ref, (before) => {
        const operators = change(before.operators);
        return operators && { ...before, operators };
      });
      if (changed !== undefined) return;
      const operators = change(await this.list());
      // There is a record already if the first change was of nothing; then the next round decides.
      if (operators === undefined || (await this.directory.add({ id: ref.key, operators }))) return;
    }
  }
}

/** The store, caching the operators for one second, the time for which another process's change may go unseen. */
export function cachedOperatorStore(store: OperatorStore, clock: Clock): OperatorStore {
  const recent = new RecentReads<readonly Operator[]>(1_000, 1);
  const cached: Partial<OperatorStore> = {
    listRecent: () => {
      const found = recent.get(ref.key, clock.now(), () => store.list());
      return found instanceof Promise ? found.then((operators) => operators ?? []) : (found ?? []);
    },
    change: async (change) => {
      try {
        await store.change(change);
      } finally {
        recent.forgetAll();
      }
    },
  };
  return Object.assign(Object.create(store) as OperatorStore, cached);
}
