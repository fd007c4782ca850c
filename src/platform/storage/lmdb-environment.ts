import type { Database, RootDatabase } from 'lmdb';
import { assertOwn, type Environment, markedTables, markOf, type StoreMark } from './environment';

/** Opens a table of records; one that is not there is made, unless `create` is false: then it is undefined. */
export type OpenRecords = (name: string, create: boolean) => Database<object, string> | undefined;

const key = 'environment';

/**
 * Makes the store one of this environment and form, if it is of none yet; of several first starts at once, one decides.
 * Throws: OtherStoreError, with nothing written.
 */
export function claimLmdbEnvironment(
  root: RootDatabase<unknown, string>,
  open: OpenRecords,
  claimant: Environment,
): void {
  let mark = markIn(open('meta', false));
  if (mark === undefined && holdsRecords(open)) {
    // Again: another first start may have marked it since, and gone on to its records.
    root.resetReadTxn();
    mark = markIn(open('meta', false));
    assertOwn(mark, claimant);
  }
  assertOwn(mark ?? marked(root, open('meta', true), claimant), claimant);
}

/** The mark that is there, or that of the claimant, which is then. */
function marked(
  root: RootDatabase<unknown, string>,
  meta: Database<object, string> | undefined,
  claimant: Environment,
): StoreMark {
  return root.transactionSync(() => {
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
