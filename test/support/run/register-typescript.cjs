/** Lets a plain Node process require our TypeScript: `node -r ./test/support/run/register-typescript.cjs src/main.ts`. */
const { createHash } = require('node:crypto');
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const Module = require('node:module');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { transformSync, version } = require('@swc/core');
const { compilerOptions } = require('../../../tsconfig.json');

const options = {
  sourceMaps: true,
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    target: 'es2022',
    keepClassNames: true,
  },
  module: { type: 'commonjs' },
};

/** What was compiled once is kept for the next process: a suite starts dozens of them. */
const cache = join(tmpdir(), `tessera-swc-${process.getuid?.() ?? 0}`);
mkdirSync(cache, { recursive: true, mode: 0o700 });

/** The file of the source map of each file that was required, by its path. */
const sourceMaps = new Map();
exports.sourceMaps = sourceMaps;

const workspaces = new Map(Object.entries(compilerOptions.paths));
const resolve = Module._resolveFilename;
/** A workspace is loaded from its sources, as the compiler and the bundler load it: what is built of it need not be there. */
Module._resolveFilename = (request, ...rest) => {
  const [source] = workspaces.get(request) ?? [];
  return source === undefined ? resolve(request, ...rest) : join(__dirname, '../../..', source);
};

require.extensions['.ts'] = (module, filename) => {
  const source = readFileSync(filename, 'utf8');
  const key = createHash('sha256')
    .update(JSON.stringify([version, options, filename, source]))
    .digest('hex');
  const cached = join(cache, `${key}.js`);
  module._compile(compiled(cached, source, filename), filename);
  sourceMaps.set(filename, `${cached}.map`);
};

function compiled(cached, source, filename) {
  try {
    return readFileSync(cached, 'utf8');
  } catch {
    const { code, map } = transformSync(source, { ...options, filename });
    writeWhole(`${cached}.map`, map);
    writeWhole(cached, code);
    return code;
  }
}

/** Whole or not at all, also for a process that reads it at the same moment. */
function writeWhole(path, text) {
  writeFileSync(`${path}.${process.pid}`, text);
  renameSync(`${path}.${process.pid}`, path);
}
