/** Packages that ship ES modules only; jest runs CommonJS, so they are compiled as our own code is. */
const esmOnly = [
  '@nestjs',
  '@fastify/cookie',
  '@signinwithethereum',
  '@noble',
  '@scure',
  'content-disposition',
  'cookie',
  'jose',
  'oauth4webapi',
  'openid-client',
  'ox',
  'siwe',
  'file-type',
  'eta',
];

const shared = {
  rootDir: `${__dirname}/..`,
  testEnvironment: 'node',
  transform: {
    '^.+\\.[cm]?[jt]s$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          target: 'es2022',
          keepClassNames: true,
        },
        module: { type: 'commonjs' },
      },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(?:.*/node_modules/)?(?:${esmOnly.join('|')})/)`],
};

const project = (displayName, testTimeout) => ({
  ...shared,
  displayName,
  testMatch: [`<rootDir>/test/${displayName}/**/*.test.ts`],
  testTimeout,
});

module.exports = {
  rootDir: `${__dirname}/..`,
  projects: [
    { ...shared, displayName: 'unit', testMatch: ['<rootDir>/src/**/*.test.ts', '<rootDir>/test/unit/**/*.test.ts'] },
    project('contract', 30_000),
    project('e2e', 30_000),
    project('interop', 30_000),
    project('chaos', 60_000),
    project('browser', 60_000),
  ],
};
