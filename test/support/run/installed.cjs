const { existsSync } = require('node:fs');

/** Whether a project's suites must wait for what `.ci/run` installs beside them: until the file is there that `TEST_AWAITS` names. */
exports.awaitsInstallation = ({ displayName }) => {
  const { TEST_AWAITS: installed } = process.env;
  return installed !== undefined && ['browser', 'operations'].includes(displayName?.name) && !existsSync(installed);
};
