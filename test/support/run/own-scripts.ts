/** The tests' own scripts that are started often, each with the file that begin-run.ts makes of it. */
export const ownScripts: Readonly<Record<string, string>> = {
  'test/support/stores/contender.ts': 'dist/contender.js',
  'test/support/stores/challenge-load.ts': 'dist/challenge-load.js',
  'test/support/stores/lmdb-holder.ts': 'dist/lmdb-holder.js',
  'test/support/stores/lmdb-filler.ts': 'dist/lmdb-filler.js',
};
