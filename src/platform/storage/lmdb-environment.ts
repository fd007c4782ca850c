import type { Database, RootDatabase } from 'lmdb';
import type { LmdbWriter } from './lmdb-writer';
import { assertOwn, type Environment, markedTables, markOf, type StoreMark } from './environment';

/** Opens a table of records; a missing one is created, unless `create` is false: then undefined. */
export type OpenRecords = (name: string, create: boolean) => Database<object, string> | undefined;

const key = 'environment';

/**
 * Marks a new store with this environment and form; of several concurrent first starts one decides. Throws: OtherStoreError,
 * with nothing written.
 */
export function claimLmdbEnvironment(
  root: RootDatabase<unknown, string>,
  writer: LmdbWriter,
  open: OpenRecords,
  claimant: Environment,
): void {
  let mark = markIn(open('meta', false));
  if (mark === undefined && holdsRecords(open)) {
    // Once more: a concurrent first start may have marked the store and gone on to its records.
    root.resetReadTxn();
    mark = markIn(open('meta', false));
    assertOwn(mark, claimant);
  }
  assertOwn(mark ?? marked(writer, open('meta', true), claimant), claimant);
}

/** The existing mark, or the claimant's after writing it. */
function marked(writer: LmdbWriter, meta: Database<object, string> | undefined, claimant: Environment): StoreMark {
  return writer.writeSync(() => {
    const before = markIn(meta);
    if (before === undefined) meta?.putSync(key, markOf(claimant));
    return before ?? markOf(claimant);
  });
}

function markIn(meta: Database<object, string> | undefined): StoreMark | undefined {
  return meta?.get(key) as StoreMark | undefined;
}

function holdsRecords(open: OpenRecords): boolean {
  return markedTables.some((name) => [...(open(name, false)?.getKeys({ limit: 1 }) ?? [])].length > 0);
}
