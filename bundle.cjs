/**
 * Makes dist/main.js one file of all that a start of the service loads, dist/tessera.js that of the command, and a third of
 * OpenTelemetry, which is loaded where tracing is on. Source: docs/decisions/0014-the-service-is-one-file.md.
 */
const { join } = require('node:path');
const { transformFile } = require('@swc/core');
const { build } = require('esbuild');

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

/** As in the tests: esbuild has no decorators' metadata, by which Nest knows what a constructor asks for. */
const typescript = {
  name: 'typescript',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const { code } = await transformFile(path, {
        sourceMaps: 'inline',
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          target: 'es2022',
        },
      });
      return { contents: code };
    });
  },
};

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

const openTelemetry = 'tracing/open-telemetry';

/** Beside dist/main.js instead of in it: a start without tracing does not even read it. */
const apart = {
  name: 'apart',
  setup({ onResolve }) {
    onResolve({ filter: /\/open-telemetry\.ts$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: `./${openTelemetry}.js`, external: true } : undefined,
    );
  },
};

const options = {
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  external,
  plugins: [typescript, mongoose, apart],
  legalComments: 'none',
  sourcemap: 'linked',
  sourcesContent: false,
  logLevel: 'warning',
};

/** Source and file; the first two lie where templates and workers are looked for, see src/root.ts. */
const entries = {
  'src/main.ts': 'dist/main.js',
  'src/admin/cli/main.ts': 'dist/tessera.js',
  [`src/${openTelemetry}.ts`]: `dist/${openTelemetry}.js`,
};

/** Makes one file of each source and all that it loads. Takes files by sources, both as paths from here. */
exports.bundle = (files) =>
  Promise.all(
    Object.entries(files).map(([source, file]) =>
      build({ ...options, entryPoints: [join(__dirname, source)], outfile: join(__dirname, file) }),
    ),
  );

if (require.main === module) {
  exports.bundle(entries).catch(() => {
    process.exitCode = 1;
  });
}
