import * as z from 'zod';
import type { SessionModel } from '../../domain/identity/authentication';
import { list, optional, record, type RecordType, time } from '../../platform/storage/record-schema';
import type { RecordDatabase, Records } from '../../platform/storage/records';
import type { Run, RunEvent } from './run';

/** Most runs that a search reads: anybody may ask for the newest run, and a run has many events. */
const searched = 20;

const runSchema: z.ZodType<Run> = record({
  id: z.string(),
  models: list(z.custom<SessionModel>()),
  attacks: z.boolean(),
  without: optional(list(z.string())),
  createdAt: time,
  expiresAt: time,
  deadline: time,
  events: list(z.custom<RunEvent>()),
});
/** One of the slots for concurrent runs, taken until its run is over. */
const slotSchema = record({ name: z.string(), runId: z.string(), expiresAt: time });
/** The beginning of a run; its key sorts the newest first. */
const beginningSchema = record({ key: z.string(), runId: z.string(), expiresAt: time });

const runRecords: RecordType<Run> = { name: 'comparison_runs', schema: runSchema, key: 'id' };
const slotRecords: RecordType<z.infer<typeof slotSchema>> = {
  name: 'comparison_places',
  schema: slotSchema,
  key: 'name',
  namesOf: ({ runId }) => [runId],
};
const beginningRecords: RecordType<z.infer<typeof beginningSchema>> = {
  name: 'comparison_begun',
  schema: beginningSchema,
  key: 'key',
};

export const runStoreRecords = [runRecords, slotRecords, beginningRecords] as const;

/**
 * Stores the runs of the comparison. They expire by `expiresAt`, which every read checks. Every method rejects with
 * StoreUnavailableError when the database does not answer in time.
 */
export class RunStore {
  private readonly runs: Records<Run>;
  private readonly slots: Records<z.infer<typeof slotSchema>>;
  private readonly begun: Records<z.infer<typeof beginningSchema>>;

  constructor(database: RecordDatabase) {
    this.runs = database.records(runRecords);
    this.slots = database.records(slotRecords);
    this.begun = database.records(beginningRecords);
  }

  /**
   * Stores the run and returns true, unless `atOnce` runs are under way: of any number of callers in any number of processes,
   * no more succeed. A run frees its slot by {@link end}, and loses it at its deadline.
   */
  async begin(run: Run, atOnce: number): Promise<boolean> {
    for (let index = 0; index < atOnce; index += 1) {
      if (!(await this.takes(`place:${index}`, run))) continue;
      await this.runs.add(run);
      await this.begun.add({ key: newestFirst(run), runId: run.id, expiresAt: run.expiresAt });
      return true;
    }
    return false;
  }

  /** Adds an event to the run, if it still exists. */
  async append(id: string, event: RunEvent): Promise<void> {
    await this.runs.change({ key: id }, (run) => ({ ...run, events: [...run.events, event] }));
  }

  /** Frees the run's slot; past its deadline that may be another run's already. */
  async end(id: string): Promise<void> {
    await this.slots.removeNamed(id);
  }

  async find(id: string, now: number): Promise<Run | undefined> {
    const run = await this.runs.find({ key: id });
    return run !== undefined && run.expiresAt > now ? run : undefined;
  }

  /** The newest unexpired run for which `isWanted` is true, among the newest 20. */
  async newest(now: number, isWanted: (run: Run) => boolean): Promise<Run | undefined> {
    for (const { runId } of await this.begun.page(searched)) {
      const run = await this.find(runId, now);
      if (run !== undefined && isWanted(run)) return run;
    }
    return undefined;
  }

  private async takes(name: string, { id: runId, createdAt, deadline }: Run): Promise<boolean> {
    const taken = { name, runId, expiresAt: deadline };
    const slot = await this.slots.change({ key: name }, (before) => (before.expiresAt <= createdAt ? taken : before));
    return slot === undefined ? this.slots.add(taken) : slot.runId === runId;
  }
}

/** Keys sort ascending, so a newer run has a smaller key. */
function newestFirst({ id, createdAt }: Run): string {
  const left = Number.MAX_SAFE_INTEGER - createdAt;
  return `${String(left).padStart(16, '0')}:${id}`;
}
