import type { LmdbDatabase } from '../../platform/storage/lmdb-database';
import type { LmdbTable } from '../../platform/storage/lmdb-table';
import type { Run, RunEvent } from './run';
import { RunStore, searched } from './run-store';

interface Slot {
  readonly runId: string;
  readonly expiresAt: number;
}

interface Begun {
  readonly runId: string;
  readonly expiresAt: number;
}

/** Keeps runs in LMDB; a slot is taken in the write transaction that stores the run. */
export class LmdbRunStore extends RunStore {
  private readonly runs: LmdbTable<Run>;
  private readonly slots: LmdbTable<Slot>;
  /** The newest first. */
  private readonly begun: LmdbTable<Begun>;

  constructor(private readonly database: LmdbDatabase) {
    super();
    this.runs = database.table('comparison_runs');
    this.slots = database.table('comparison_places');
    this.begun = database.table('comparison_begun');
  }

  async begin(run: Run, atOnce: number): Promise<boolean> {
    return this.database.write(() => {
      const keys = Array.from({ length: atOnce }, (_, index) => `place:${index}`);
      const free = keys.find((key) => (this.slots.get(key)?.expiresAt ?? 0) <= run.createdAt);
      if (free === undefined) return false;
      this.runs.put(run.id, run);
      this.slots.put(free, { runId: run.id, expiresAt: run.deadline });
      // Where the run is found by its slot again.
      this.slots.put(run.id, { runId: free, expiresAt: run.deadline });
      this.begun.put(newestFirst(run), { runId: run.id, expiresAt: run.expiresAt });
      return true;
    });
  }

  async append(id: string, event: RunEvent): Promise<void> {
    await this.database.write(() => {
      const run = this.runs.get(id);
      if (run !== undefined) this.runs.put(id, { ...run, events: [...run.events, event] });
    });
  }

  async end(id: string): Promise<void> {
    await this.database.write(() => {
      const key = this.slots.get(id)?.runId;
      if (key === undefined) return;
      // Past its deadline the slot may be another run's by now.
      if (this.slots.get(key)?.runId === id) this.slots.remove(key);
      this.slots.remove(id);
    });
  }

  async find(id: string, now: number): Promise<Run | undefined> {
    const run = this.runs.getFresh(id);
    return run !== undefined && run.expiresAt > now ? run : undefined;
  }

  async newest(now: number, isWanted: (run: Run) => boolean): Promise<Run | undefined> {
    for (const { value } of this.begun.entriesFresh(searched)) {
      const run = this.runs.get(value.runId);
      if (run !== undefined && run.expiresAt > now && isWanted(run)) return run;
    }
    return undefined;
  }
}

/** Keys are read in ascending order, so the newer a run, the smaller its key. */
function newestFirst({ id, createdAt }: Run): string {
  const left = Number.MAX_SAFE_INTEGER - createdAt;
  return `${String(left).padStart(16, '0')}:${id}`;
}
