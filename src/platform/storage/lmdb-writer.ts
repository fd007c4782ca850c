import { spawnSync } from 'node:child_process';
import type { RootDatabase } from 'lmdb';
import { StoreUnavailableError } from './store-unavailable.error';
import { storeTimeoutMs } from './with-timeout';

/** Opens the environment argv[2] with the lmdb of argv[1], and ends. */
const opener = 'require(process.argv[1]).open({ path: process.argv[2], overlappingSync: false }).close()';

/**
 * The write transactions of an environment, each on top of its newest commit.
 *
 * A process that opens an environment sets the number of the newest transaction, in memory that all share, to the one that it
 * read a moment before. A commit in between is on disk, but the next transaction would neither see nor keep it (OpenLDAP
 * ITS#9496, in lmdb 3.5.6). So a transaction that follows another one than the newest on disk writes nothing. It is repeated
 * when the environment was opened once more: as nobody commits meanwhile, that sets the number right.
 */
export class LmdbWriter {
  constructor(
    private readonly root: RootDatabase<unknown, string>,
    private readonly path: string,
  ) {}

  /**
   * Runs `work` in a transaction, shared with concurrent ones; resolves with its result when that is on disk, or throws what
   * `work` throws. Throws: {@link StoreUnavailableError} when it cannot commit.
   */
  async write<Result>(work: () => Result): Promise<Result> {
    // Not the result of LMDB's transaction: its list of writes keeps that until the old generation is collected.
    let result: Result | undefined;
    let thrown: unknown;
    let ran = false;
    const rethrowable = () => {
      ran = this.seesNewestCommit();
      if (!ran) return;
      try {
        result = work();
      } catch (error) {
        thrown = error;
        throw error;
      }
    };
    for (;;) {
      try {
        await this.root.transaction(rethrowable);
      } catch (error) {
        throw error === thrown ? error : new StoreUnavailableError(await causeOf(error));
      }
      if (ran) return result as Result;
      this.setForward();
    }
  }

  /** As {@link write}, alone, while the thread waits. Throws LMDB's errors. */
  writeSync<Result>(work: () => Result): Result {
    for (;;) {
      const ran = this.root.transactionSync(() => (this.seesNewestCommit() ? { result: work() } : undefined));
      if (ran !== undefined) return ran.result;
      this.setForward();
    }
  }

  /** Inside a transaction; the newest commit on disk cannot change meanwhile. */
  private seesNewestCommit(): boolean {
    const { env } = this.root as unknown as { env: { info(): { lastTxnId: number } } };
    return this.root.getWriteTxnId() === env.info().lastTxnId + 1;
  }

  /** In another process: LMDB opens an environment only once in each. */
  private setForward(): void {
    const args = ['-e', opener, require.resolve('lmdb'), this.path];
    const { error, status } = spawnSync(process.execPath, args, { env: {}, stdio: 'ignore', timeout: storeTimeoutMs });
    if (status !== 0) throw new StoreUnavailableError(error ?? `opening it once more ended with ${status}`);
  }
}

/** A failed commit has its cause in a promise of its own, which must be handled or ends the process. */
async function causeOf(error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || !('commitError' in error)) return error;
  return Promise.resolve(error.commitError).then(
    () => error,
    (cause: unknown) => cause,
  );
}
