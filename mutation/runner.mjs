import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { commonTokens, declareFactoryPlugin, PluginKind, tokens } from '@stryker-mutator/api/plugin';
import { DryRunStatus } from '@stryker-mutator/api/test-runner';
// The runner's package exports its plugin alone, which cannot be extended; the version is pinned in package.json.
import { createJestTestRunnerFactory } from './node_modules/@stryker-mutator/jest-runner/dist/src/jest-test-runner.js';

/** Of the sandbox, where Stryker runs the suites: its copy of this folder, which the suites' environment loads as well. */
const sandboxed = (name) => createRequire(join(process.cwd(), 'mutation/'))(name);
const { state } = createRequire(import.meta.url)(
  './node_modules/@stryker-mutator/jest-runner/dist/src/jest-plugins/messaging.cjs',
);
const testsFile = () => join(process.cwd(), 'mutation/tests.json');

/**
 * Stryker's jest runner for our suites, which share one realm and load the sources once a process: a mutant is switched on in
 * the process, and for one of a module's own constants the sources are loaded anew. Runs the suites of the mutated file that
 * reach the mutant, until the first failure.
 */
class OneRealmRunner {
  static inject = tokens(commonTokens.injector);

  constructor(injector) {
    this.injector = injector;
  }

  capabilities() {
    return { reloadEnvironment: true };
  }

  async init() {
    this.runner = createJestTestRunnerFactory()(this.injector);
    await this.runner.init();
    this.run = sandboxed('./run-state.cjs').run;
    // One object for the life of the process: the sources hold it.
    globalThis.__stryker__ = state.instrumenterContext;
  }

  async dryRun(options) {
    Object.assign(this.run, { covers: true, stopsAtFailure: false, failed: false });
    const testFiles = [...new Set((options.files ?? []).flatMap(suitesOf))];
    const result = await this.runner.dryRun({ ...options, testFiles });
    this.run.covers = false;
    if (result.status !== DryRunStatus.Complete) return result;
    const suiteOf = Object.fromEntries(result.tests.map(({ id, fileName }) => [id, fileName]));
    writeFileSync(testsFile(), JSON.stringify(suiteOf));
    spreadHooks(result.mutantCoverage.perTest, result.tests);
    return result;
  }

  async mutantRun(options) {
    const { activeMutant, testFilter, sandboxFileName } = options;
    const suiteOf = JSON.parse(readFileSync(testsFile(), 'utf8'));
    const own = suitesOf(sandboxFileName);
    const reaching =
      testFilter === undefined ? own : own.filter((suite) => testFilter.some((id) => suiteOf[id] === suite));
    if (reaching.length === 0) return { status: 'survived', nrOfTests: 0 };
    Object.assign(this.run, { stopsAtFailure: true, failed: false });
    state.instrumenterContext.activeMutant = activeMutant.id;
    if (options.reloadEnvironment) forgetSources();
    const { run } = this.runner;
    this.runner.run = (settings) => run.call(this.runner, { ...settings, testFiles: reaching });
    try {
      const filter = testFilter?.filter((id) => reaching.includes(suiteOf[id]));
      const result = await this.runner.mutantRun({ ...options, testFilter: filter });
      // A hook that fails skips the tests, so that none of them has failed.
      if (result.status !== 'survived' || !this.run.failed) return result;
      return { ...result, status: 'killed', killedBy: filter ?? [], failureMessage: 'a hook failed' };
    } finally {
      this.runner.run = run;
      if (options.reloadEnvironment) forgetSources();
    }
  }
}

const suitesOf = (file) =>
  (sandboxed('./suites.cjs').suites[relative(process.cwd(), file)] ?? []).map((suite) => join(process.cwd(), suite));

/** Loads the sources anew, with or without the mutant, and no package. */
function forgetSources() {
  const { cache } = createRequire(import.meta.url);
  const sources = join(process.cwd(), 'src/');
  for (const path of Object.keys(cache)) if (path.startsWith(sources)) delete cache[path];
}

/** What the hooks of a suite reach, each of its tests reaches. */
function spreadHooks(perTest, tests) {
  const { suiteOfHooks } = sandboxed('./run-state.cjs');
  for (const [id, reached] of Object.entries(perTest)) {
    const suite = suiteOfHooks(id);
    if (suite === undefined) continue;
    delete perTest[id];
    for (const test of tests.filter(({ fileName }) => fileName === suite)) {
      const of = (perTest[test.id] ??= {});
      for (const [mutant, hits] of Object.entries(reached)) of[mutant] = (of[mutant] ?? 0) + hits;
    }
  }
}

const create = (injector) => new OneRealmRunner(injector);
create.inject = tokens(commonTokens.injector);

export const strykerPlugins = [declareFactoryPlugin(PluginKind.TestRunner, 'one-realm', create)];
