/** The tests' own scripts that are started often, by the name of the file that begin-run.ts makes of each in dist. */
export const ownScripts: Readonly<Record<string, string>> = {
  contender: './test/support/stores/contender.ts',
  'challenge-load': './test/support/stores/challenge-load.ts',
  'lmdb-holder': './test/support/stores/lmdb-holder.ts',
  'lmdb-filler': './test/support/stores/lmdb-filler.ts',
  'tessera-runner': './test/support/operations/tessera-runner.ts',
};
