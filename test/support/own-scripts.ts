/** The tests' own scripts that are started often, each with the file that begin-run.ts makes of it. */
export const ownScripts: Readonly<Record<string, string>> = {
  'test/support/contender.ts': 'dist/contender.js',
  'test/support/challenge-load.ts': 'dist/challenge-load.js',
  'test/support/lmdb-holder.ts': 'dist/lmdb-holder.js',
  'test/support/lmdb-filler.ts': 'dist/lmdb-filler.js',
};
