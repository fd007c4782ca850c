const { existsSync } = require('node:fs');
const { createRequire } = require('node:module');
const { dirname, join, resolve, sep } = require('node:path');
const { compileFunction } = require('node:vm');
const { default: Runtime } = require('jest-runtime');
const { sourceMaps } = require('./register-typescript.cjs');

const sources = join(__dirname, '../../../src') + sep;
const requireNatively = createRequire(__filename);

/** Of jest's own packages those that keep nothing of a suite: to load them anew takes longer than most unit suites. */
const sharedInternals = new Set([
  '@jest/expect',
  '@jest/expect-utils',
  'expect',
  'jest-each',
  'jest-matcher-utils',
  'jest-message-util',
  'jest-snapshot',
  'jest-util',
  'pretty-format',
]);

/**
 * jest's runtime, for one-realm-environment.cjs: the tests and what supports them are loaded anew for each suite, as jest
 * does. Packages and the service's own sources are loaded once a worker by Node itself, as the service loads them, so that
 * what a suite tests has served the suites before it, as a process that runs for long.
 */
module.exports = class NativePackagesRuntime extends Runtime {
  constructor(...args) {
    super(...args);
    const { executor } = this;
    executor.compile = (source, filename) => compileFunction(source, executor.injectedModuleParameters, { filename });
  }

  requireModuleOrMock(from, name) {
    if (name === '@jest/globals') return super.requireModuleOrMock(from, name);
    if (/^(?:\.|\/)/.test(name)) {
      const source = sourceAt(resolve(dirname(from), name));
      return source === undefined ? super.requireModuleOrMock(from, name) : requireNatively(source);
    }
    return name.startsWith('node:') ? super.requireModuleOrMock(from, name) : createRequire(from)(name);
  }

  requireInternalModule(from, name) {
    return sharedInternals.has(name) ? createRequire(from)(name) : super.requireInternalModule(from, name);
  }

  getSourceMaps() {
    const maps = super.getSourceMaps();
    for (const [path, map] of sourceMaps) maps.set(path, map);
    return maps;
  }
};

/** The TypeScript file of the service that the path names, with or without its ending; undefined when it is none. */
function sourceAt(path) {
  if (!path.startsWith(sources) || path.endsWith('.test.ts')) return undefined;
  const source = path.endsWith('.ts') ? path : `${path}.ts`;
  return existsSync(source) ? source : undefined;
}
