const OneRealmEnvironment = require('../test/support/run/one-realm-environment.cjs');
const { run } = require('./run-state.cjs');

/**
 * The suites' environment for mutants: the first failure ends the run, because a mutant is dead by then. What a hook runs,
 * such as the start of the service or a login before all tests, counts as run by every test of the suite.
 */
module.exports = class FirstFailureEnvironment extends OneRealmEnvironment {
  #hooks;

  constructor(config, context) {
    super(config, context);
    this.#hooks = run.idOfHooks(context.testPath);
  }

  handleTestEvent({ name, test }, { rootDescribeBlock }) {
    if (name === 'run_start' && run.failed) skipAll(rootDescribeBlock);
    if (name === 'test_start' && run.failed) test.mode = 'skip';
    if (run.stopsAtFailure && ['test_fn_failure', 'hook_failure'].includes(name)) run.failed = true;
    const { __stryker__: stryker } = globalThis;
    if (run.covers && (name === 'hook_start' || name === 'run_start')) stryker.currentTestId ??= this.#hooks;
  }

  async teardown() {
    const { __stryker__: stryker } = globalThis;
    if (stryker !== undefined) stryker.currentTestId = undefined;
    await super.teardown();
  }
};

function skipAll(block) {
  for (const child of block.children) {
    if (child.type === 'describeBlock') skipAll(child);
    else child.mode = 'skip';
  }
}
