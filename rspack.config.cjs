/**
 * What `nest build` makes of src: one file of all that a start of the service loads, one of each command, one of
 * OpenTelemetry, which a thread runs where tracing is on, and beside them what is served or read as it is. Types are checked
 * by `npm run check`. Source: docs/decisions/0014-the-service-is-one-file.md.
 */
const { join } = require('node:path');

const spanWorker = 'operations/tracing/span-worker';

/** Files of dist, without their ending, and the source of each; what takes `root` of src/root.ts looks where the file lies. */
const entry = {
  main: './src/main.ts',
  tessera: './src/apps/cli/main.ts',
  demo: './src/apps/demo/main.ts',
  compare: './src/apps/comparison/cli/main.ts',
  [spanWorker]: `./src/${spanWorker}.js`,
};

const external = [
  // Native, or files that are served.
  '@node-rs/argon2',
  'lmdb',
  'swagger-ui-dist',
  // Loaded only when something asks for them, which no start on the embedded store does.
  '@fastify/ajv-compiler',
  '@fastify/fast-json-stringify-compiler',
  '@zxcvbn-ts/language-common',
  'mongoose',
  'nodemailer',
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

const swc = {
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    target: 'es2022',
  },
};

/** Nest's command hands in its defaults, which keep every package outside, and rspack. */
module.exports = (_defaults, { CopyRspackPlugin, DefinePlugin }) => ({
  mode: 'none',
  target: 'node20.19',
  context: __dirname,
  entry,
  output: { path: join(__dirname, 'dist'), clean: true, devtoolModuleFilenameTemplate: '../[resource-path]' },
  devtool: 'nosources-cheap-module-source-map',
  cache: true,
  externals: new RegExp(`^(${external.join('|')})(/|$)`),
  externalsType: 'commonjs',
  node: { __dirname: false, __filename: false },
  resolve: { extensions: ['.ts', '.js'], tsConfig: join(__dirname, 'tsconfig.json') },
  module: {
    parser: {
      javascript: {
        // One file: what is imported later is run later, and what is named only then, Node finds.
        dynamicImportMode: 'eager',
        importDynamic: false,
        requireAsExpression: false,
        requireDynamic: false,
        requireResolve: false,
      },
    },
    rules: [{ test: /\.ts$/, loader: 'builtin:swc-loader', options: swc }],
  },
  // Not minified: a stack trace has the names of functions.
  optimization: {
    concatenateModules: true,
    innerGraph: true,
    nodeEnv: false,
    providedExports: true,
    sideEffects: true,
    usedExports: true,
  },
  plugins: [
    new DefinePlugin({ 'import.meta.url': '__filename' }),
    // Templates, what browsers are sent, and what threads run.
    new CopyRspackPlugin({
      patterns: [
        { context: 'src', from: '**/*.{css,eta,js,json,svg}', globOptions: { ignore: [`**/${spanWorker}.js`] } },
      ],
    }),
  ],
});
module.exports.entry = entry;
