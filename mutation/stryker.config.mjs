import { createRequire } from 'node:module';

const { suites } = createRequire(import.meta.url)('./suites.cjs');

/** For Stryker, started in the project's root: `npm run mutation`. */
// oxlint-disable-next-line import/no-default-export -- Stryker asks for one
export default {
  mutate: Object.keys(suites),
  plugins: ['@stryker-mutator/jest-runner', new URL('runner.mjs', import.meta.url).href],
  testRunner: 'one-realm',
  jest: { configFile: 'mutation/jest.config.cjs', enableFindRelatedTests: false },
  coverageAnalysis: 'perTest',
  mutator: {
    // Codes of errors, names of events and of fields: types close the sets that they come from, so that '' does not compile.
    // What compares them is mutated as a condition.
    excludedMutations: ['StringLiteral'],
  },
  ignorePatterns: ['.*', 'dist', 'dist-*', 'data', 'reports', 'bench', 'gameday', 'proof', 'ops', 'examples'],
  tempDirName: 'reports/mutation/sandbox',
  disableTypeChecks: false,
  concurrency: 2,
  // The services that a process has started leave something behind: after a while it is slow.
  maxTestRunnerReuse: 100,
  timeoutMS: 45_000,
  timeoutFactor: 2,
  reporters: ['clear-text', 'progress-append-only', 'json'],
  clearTextReporter: { allowColor: false, reportTests: false, reportMutants: false },
  jsonReporter: { fileName: 'reports/mutation/mutation.json' },
};
