import type { Database, RootDatabase } from 'lmdb';
import {
  type Environment,
  environmentByRecords,
  markedTables,
  OtherEnvironmentError,
  seededTables,
} from './environment';
import type { IndexKey } from './lmdb-table';

/** Opens a table of records; one that is not there is made, unless `create` is false: then it is undefined. */
export type OpenRecords = (name: string, create: boolean) => Database<object, string> | undefined;

const key = 'environment';

/**
 * Makes the store one of this environment, if it is of none yet; of several first starts at once, one decides.
 * Throws: {@link OtherEnvironmentError}, with nothing written.
 */
export function claimLmdbEnvironment(
  root: RootDatabase<unknown, string>,
  open: OpenRecords,
  claimant: Environment,
): void {
  const marked = ownerIn(open('meta', false));
  const owner = marked ?? environmentByRecords(heldIn(root, open)) ?? claimant;
  if (owner !== claimant) throw new OtherEnvironmentError(owner);
  if (marked !== undefined) return;
  const meta = open('meta', true);
  const winner = root.transactionSync(() => {
    const before = ownerIn(meta);
    if (before === undefined) meta?.putSync(key, { name: claimant });
    return before ?? claimant;
  });
  if (winner !== claimant) throw new OtherEnvironmentError(winner);
}

function ownerIn(meta: Database<object, string> | undefined): Environment | undefined {
  return (meta?.get(key) as { readonly name: Environment } | undefined)?.name;
}

function heldIn(root: RootDatabase<unknown, string>, open: OpenRecords): Parameters<typeof environmentByRecords>[0] {
  const isHeld = (name: string) => [...(open(name, false)?.getKeys({ limit: 1 }) ?? [])].length > 0;
  return {
    hasDemo: seededTables.some((name) => hasDemo(name, open(name, false), root)),
    hasOther: markedTables.some(isHeld),
  };
}

function hasDemo(
  name: string,
  table: Database<object, string> | undefined,
  root: RootDatabase<unknown, string>,
): boolean {
  if (table === undefined) return false;
  const existing = { name: 'index', create: false };
  const index: Database<boolean, IndexKey> | undefined = root.openDB(existing);
  // Where the index is complete, it is asked rather than every record.
  if (index?.get([name, '', '']) === true) {
    const [first] = [...index.getKeys({ start: [name, 'demo', ''], limit: 1 })];
    return first?.[0] === name && first[1] === 'demo';
  }
  for (const { value } of table.getRange()) if ('demo' in value && value.demo === true) return true;
  return false;
}
