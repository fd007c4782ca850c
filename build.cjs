/**
 * Builds dist: one file of all that a start of the service loads, one of each command, one of OpenTelemetry, which a thread
 * runs where tracing is on, and beside them what is served or read as it is. Types are checked by `npm run check`.
 * Source: docs/decisions/0014-the-service-is-one-file.md.
 */
const { cpSync, readdirSync, rmSync } = require('node:fs');
const { extname, join } = require('node:path');
const { transform: transformText, transformFile } = require('@swc/core');
const { build } = require('esbuild');
/** Source and file; what takes `root` of src/root.ts looks for templates and workers where the file lies. */
const entries = require('./build-entries.json');

const external = [
  // Native, or files that are served.
  '@node-rs/argon2',
  'lmdb',
  'swagger-ui-dist',
  // Loaded only when something asks for them, which no start on the embedded store does.
  '@fastify/ajv-compiler',
  '@fastify/fast-json-stringify-compiler',
  'siwe',
  // What Nest would take if it were installed.
  '@fastify/multipart',
  '@fastify/view',
  '@nestjs/microservices',
  '@nestjs/platform-express',
  '@nestjs/websockets',
  'class-transformer',
  'class-validator',
];

/** What became of each TypeScript file, by its path: most are in several of the built files. */
const transformed = new Map();

/** As in the tests: esbuild has no decorators' metadata, by which Nest knows what a constructor asks for. */
const swc = {
  sourceMaps: 'inline',
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    target: 'es2022',
  },
};

function transform(path) {
  if (!transformed.has(path)) transformed.set(path, transformFile(path, swc));
  return transformed.get(path);
}

/** `instead`: the text of files that are to be others. */
const typescript = (instead) => ({
  name: 'typescript',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const text = instead.get(path);
      const { code } = await (text === undefined ? transform(path) : transformText(text, { ...swc, filename: path }));
      return { contents: code };
    });
  },
});

/** Left outside too, and without its prototype, as ES modules see it: what it exports asks whether it is called on mongoose. */
const mongoose = {
  name: 'mongoose',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^mongoose$/ }, ({ namespace }) =>
      namespace === 'mongoose' ? { external: true } : { path: 'mongoose', namespace: 'mongoose' },
    );
    onLoad({ filter: /^/, namespace: 'mongoose' }, () => ({
      contents: "module.exports = { ...require('mongoose') };",
    }));
  },
};

const options = {
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  external,
  legalComments: 'none',
  sourcemap: 'linked',
  sourcesContent: false,
  logLevel: 'warning',
};

/** Templates, what browsers are sent, and what threads run. */
const assets = new Set(['.eta', '.css', '.js', '.svg']);

/**
 * Makes one file of each source and all that it loads. Takes files by sources, both as paths from here, and by its whole path
 * the text of each file that a benchmark wants to be another.
 */
exports.bundle = (files, instead = new Map()) =>
  Promise.all(
    Object.entries(files).map(([source, file]) =>
      build({
        ...options,
        plugins: [typescript(instead), mongoose],
        entryPoints: [join(__dirname, source)],
        outfile: join(__dirname, file),
      }),
    ),
  );

if (require.main === module) {
  const [source, built] = ['src', 'dist'].map((folder) => join(__dirname, folder));
  rmSync(built, { recursive: true, force: true });
  for (const path of readdirSync(source, { recursive: true })) {
    if (assets.has(extname(path)) && !(join('src', path) in entries)) cpSync(join(source, path), join(built, path));
  }
  exports.bundle(entries).catch(() => {
    process.exitCode = 1;
  });
}
