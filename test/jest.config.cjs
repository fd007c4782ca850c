const { availableParallelism } = require('node:os');

const shared = {
  rootDir: `${__dirname}/..`,
  testEnvironment: `${__dirname}/support/run/one-realm-environment.cjs`,
  runtime: `${__dirname}/support/run/native-packages-runtime.cjs`,
  // The log of a whole run is scanned for credentials at its end.
  globalSetup: `${__dirname}/support/run/begin-run.ts`,
  globalTeardown: `${__dirname}/support/run/end-run.ts`,
  setupFiles: ['record-credentials', 'property-runs'].map((name) => `${__dirname}/support/run/${name}.ts`),
  transform: {
    '^.+\\.[cm]?[jt]s$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          target: 'es2022',
          keepClassNames: true,
        },
        module: { type: 'commonjs' },
      },
    ],
  },
};

/** What is about MongoDB alone needs a server; the suites of both stores choose by themselves. */
const withoutServer = process.env.TEST_MONGODB_URI === undefined ? ['/mongo-[^/]+$'] : [];

const project = (displayName) => ({
  ...shared,
  displayName,
  testMatch: [`<rootDir>/test/${displayName}/**/*.test.ts`],
  testPathIgnorePatterns: withoutServer,
});

module.exports = {
  rootDir: `${__dirname}/..`,
  reporters: ['default', ...(process.env.TEST_REPORTS === undefined ? [] : ['<rootDir>/.ci/reporter.cjs'])],
  // One a core: suites start servers, databases and browsers of their own, which need the rest.
  maxWorkers: availableParallelism(),
  testSequencer: `${__dirname}/support/run/slowest-first.cjs`,
  // Ends what hangs, and nothing that is slow: a machine may have a fifth of the speed of another.
  testTimeout: 240_000,
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['src', 'bench', 'gameday', 'test/repository', 'test/support'].map(
        (folder) => `<rootDir>/${folder}/**/*.test.ts`,
      ),
    },
    // The package for who logs in, against a real service.
    { ...project('client'), testMatch: ['<rootDir>/packages/client/test/**/*.test.ts'] },
    project('contract'),
    project('e2e'),
    project('interop'),
    project('chaos'),
    project('browser'),
    // Starts EVM chains and deploys the accounts that others wrote.
    project('evm'),
    // Asks for Prometheus, Alertmanager, Spin and Redis, which .ci/run installs.
    project('operations'),
  ],
};
