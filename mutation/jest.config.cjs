const { dirname } = require('node:path');
const { projects } = require('../test/jest.config.cjs');
const { suites } = require('./suites.cjs');

const [{ globalSetup: _, globalTeardown: __, setupFiles, displayName: ___, ...shared }] = projects;
const root = dirname(__dirname);

/** The suites of all mutated files as one project, as Stryker asks for it, without the scan of a whole run's log. */
module.exports = {
  ...shared,
  rootDir: root,
  roots: [`${root}/src`, `${root}/test`],
  setupFiles: setupFiles.filter((file) => !file.endsWith('record-credentials.ts')),
  testEnvironment: `${__dirname}/first-failure-environment.cjs`,
  testSequencer: `${__dirname}/quickest-first.cjs`,
  testMatch: [...new Set(Object.values(suites).flat())].map((suite) => `${root}/${suite}`),
  // A mutant that keeps a request waiting fails its test by this, long before Stryker ends the worker.
  testTimeout: 20_000,
};
