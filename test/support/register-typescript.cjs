/** Lets a plain Node process require our TypeScript: `node -r ./test/support/register-typescript.cjs src/main.ts`. */
const { createHash } = require('node:crypto');
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { transformSync, version } = require('@swc/core');

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
