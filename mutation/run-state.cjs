const { sep } = require('node:path');

const prefix = 'hooks of ';

/** What the runner tells the environment of the suites about the run of a mutant. */
exports.run = {
  covers: false,
  stopsAtFailure: false,
  failed: false,
  idOfHooks: (suite) => prefix + suite.replaceAll(sep, '/'),
};

/** The suite of such an id; undefined for the id of a test. */
exports.suiteOfHooks = (id) => (id.startsWith(prefix) ? id.slice(prefix.length) : undefined);
