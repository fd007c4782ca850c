const { mkdirSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

/**
 * Leaves jest's own result of a run in the directory that `TEST_REPORTS` names, for `.ci/count.cjs`, beside the CPU of each
 * suite, which test/support/run/one-realm-environment.cjs writes there.
 */
module.exports = class Reporter {
  onRunStart() {
    mkdirSync(process.env.TEST_REPORTS, { recursive: true });
  }

  onRunComplete(_contexts, results) {
    writeFileSync(join(process.env.TEST_REPORTS, `${process.pid}.json`), JSON.stringify(results));
  }
};
