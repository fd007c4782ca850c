/** Decide and compute; what they need is handed to them. */
const pureRules =
  '^src/(oauth/(pkce|resource|authorization-request)|clients/(redirect-uri|registered-origins|scope)|wallet/(address|keccak|signature|signer-recovery|sign-in-message)|identity/account-id|credentials/(secret|encrypted-secret))\\.ts$';

/** The import rules of docs/architecture.md, as checks. */
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true, dependencyTypesNot: ['type-only'] } },
    {
      name: 'the-two-models-do-not-know-each-other',
      severity: 'error',
      from: { path: '^src/(oauth|wallet)/' },
      to: { path: '^src/(oauth|wallet)/', pathNot: '^src/$1/' },
    },
    {
      name: 'nothing-imports-the-comparison',
      severity: 'error',
      from: { pathNot: '^src/(comparison/|app\\.module\\.ts$)' },
      to: { path: '^src/comparison/' },
    },
    {
      name: 'only-adapters-import-databases',
      severity: 'error',
      from: {
        pathNot: '^src/(storage/|(storage\\.module|(lmdb|mongo)-storage)\\.ts$|[a-z-]+/(mongo|lmdb)-[a-z-]+\\.ts$)',
      },
      to: { path: 'node_modules/(mongoose|@nestjs/mongoose|lmdb)/' },
    },
    {
      name: 'challenges-import-no-flow',
      severity: 'error',
      from: { path: '^src/challenges/' },
      to: { path: '^src/(oauth|wallet|login|tokens|comparison|operations)/' },
    },
    {
      name: 'controllers-are-the-outside',
      comment: 'Imports point one way: controllers, flows, rules and ports.',
      severity: 'error',
      from: { pathNot: '\\.(controller|module)\\.ts$' },
      to: { path: '\\.controller\\.ts$' },
    },
    {
      name: 'flows-know-no-http-server',
      severity: 'error',
      from: { path: '\\.flow\\.ts$' },
      to: { path: 'node_modules/(fastify|@fastify|@nestjs/platform-fastify)/' },
    },
    {
      name: 'pure-rules-know-no-framework',
      comment: 'What decides must be readable, and testable, without Nest, a server or a database.',
      severity: 'error',
      from: { path: pureRules },
      to: {
        dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown'],
        pathNot: '^(node:)?crypto$|node_modules/(jose|ox|siwe|@signinwithethereum/siwe|zod)/',
      },
    },
    {
      name: 'pure-rules-know-no-flow-and-no-store',
      severity: 'error',
      from: { path: pureRules },
      to: { path: '^src/(storage/|.*(-store|\\.flow|\\.controller|\\.module|\\.guard|\\.filter)\\.ts$)' },
    },
    {
      name: 'descriptions-are-for-controllers',
      severity: 'error',
      from: { pathNot: '\\.(controller|openapi)\\.ts$|^src/operations/docs\\.ts$' },
      to: { path: '\\.openapi\\.ts$' },
    },
    {
      name: 'the-demo-is-a-client',
      comment: 'It stands outside, so that nothing in it is a shortcut into the service.',
      severity: 'error',
      from: { path: '^src/demo/' },
      to: { path: '^src/', pathNot: '^src/demo/' },
    },
    {
      name: 'nothing-imports-the-demo',
      severity: 'error',
      from: { pathNot: '^src/demo/' },
      to: { path: '^src/demo/' },
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-dev-dependencies-in-the-service',
      comment: 'The demo is a client, which runs in a clone.',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test\\.ts$|^src/demo/' },
      to: { dependencyTypes: ['npm-dev'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default'] },
  },
};
