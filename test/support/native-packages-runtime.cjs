const { createRequire } = require('node:module');
const { compileFunction } = require('node:vm');
const { default: Runtime } = require('jest-runtime');

/**
 * jest's runtime, for one-realm-environment.cjs: our own files are loaded anew for each suite, as jest does, and packages
 * once a worker by Node itself, as the service loads them.
 */
module.exports = class NativePackagesRuntime extends Runtime {
  constructor(...args) {
    super(...args);
    const { executor } = this;
    executor.compile = (source, filename) => compileFunction(source, executor.injectedModuleParameters, { filename });
  }

  requireModuleOrMock(from, name) {
    if (/^(?:\.|\/|node:|@jest\/globals$)/.test(name)) return super.requireModuleOrMock(from, name);
    return createRequire(from)(name);
  }
};
