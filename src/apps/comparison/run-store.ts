import type { Run, RunEvent } from './run';

/** Anybody may ask for the newest run, and a run is many events: how many of them a search looks at. */
export const searched = 20;

/**
 * Keeps the runs of the comparison. They expire by `expiresAt`, which is a condition of every read.
 * Every method rejects with StoreUnavailableError when the database does not answer in time.
 */
export abstract class RunStore {
  /**
   * Stores the run and returns true, unless `atOnce` runs are under way: of any number of callers, in any number of
   * processes, no more get one. A run gives its slot back by {@link end}, and loses it at its deadline.
   */
  abstract begin(run: Run, atOnce: number): Promise<boolean>;

  /** Adds an event to the run; of a run that is gone, nothing. */
  abstract append(id: string, event: RunEvent): Promise<void>;

  /** Gives the run's slot to the next one. */
  abstract end(id: string): Promise<void>;

  abstract find(id: string, now: number): Promise<Run | undefined>;

  /** The newest run that has not expired and of which `isWanted` is true, among the newest 20. */
  abstract newest(now: number, isWanted: (run: Run) => boolean): Promise<Run | undefined>;
}
