/** Decide and compute; what they need is handed to them. */
const pureRules =
  '^src/(oauth/authorization-request|apis/resource-identifier|clients/(redirect-uri|origins|scope)|wallet/(address|code-verifier|keccak|signature|signer-recovery|sign-in-message|universal-validator)|identity/account-id|credentials/(pkce|secret|encrypted-secret))\\.ts$';

/** What speaks with a database: `<technology>-<port>.ts` beside its port, or in `storage/`. */
const adapters = '^src/[a-z-]+/(mongo|lmdb)-[a-z-]+\\.ts$';

/** Binds the ports to the database that the settings name. */
const binding = '^src/(storage\\.module|(lmdb|mongo)-storage)\\.ts$';

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
      name: 'the-comparison-is-loaded-when-it-is-on',
      comment: 'app.module.ts may import it dynamically, and not otherwise.',
      severity: 'error',
      from: { path: '^src/app\\.module\\.ts$' },
      to: { path: '^src/comparison/', dynamic: false },
    },
    {
      name: 'tracing-is-loaded-when-it-is-on',
      comment: 'configure-app.ts may import it dynamically, and not otherwise; nobody else may.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/tracing/' },
      to: { path: '^src/tracing/', dynamic: false },
    },
    {
      name: 'one-module-knows-opentelemetry',
      comment: 'It is built into a file of its own: what it shares with others by a symbol would be there twice.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/tracing/span-worker\\.js$' },
      to: { path: 'node_modules/@opentelemetry/' },
    },
    {
      name: 'opentelemetry-knows-no-service',
      comment: 'It is built for itself, and another copy of the service would be in it.',
      severity: 'error',
      from: { path: '^src/tracing/span-worker\\.js$' },
      to: { path: '^src/' },
    },
    {
      name: 'storage-imports-no-room',
      severity: 'error',
      from: { path: '^src/storage/' },
      to: { path: '^src/[^/]+/', pathNot: '^src/storage/' },
    },
    {
      name: 'pages-import-no-room',
      severity: 'error',
      from: { path: '^src/pages/' },
      to: { path: '^src/[^/]+/', pathNot: '^src/pages/' },
    },
    {
      name: 'credentials-import-no-room',
      severity: 'error',
      from: { path: '^src/credentials/' },
      to: { path: '^src/[^/]+/', pathNot: '^src/credentials/' },
    },
    {
      name: 'http-imports-no-room-but-what-it-must',
      comment: 'The page of an error, hashes, the failure of a database, the port of registered origins, and events.',
      severity: 'error',
      from: { path: '^src/http/' },
      to: {
        path: '^src/[^/]+/',
        pathNot: '^src/(http|pages|credentials|storage|events)/|^src/clients/registered-origins\\.ts$',
      },
    },
    {
      name: 'audit-imports-no-room-but-what-it-must',
      comment: 'Events, the requests that they happened in, hashes, and the databases.',
      severity: 'error',
      from: { path: '^src/audit/' },
      to: { path: '^src/[^/]+/', pathNot: '^src/(audit|events|http|credentials|storage)/' },
    },
    {
      name: 'the-audit-trail-listens-from-outside',
      comment: 'Whoever starts the service or administers it knows the trail; whoever does what it tells does not.',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: '^src/(audit|admin|operations)/' },
      to: { path: '^src/audit/' },
    },
    {
      name: 'events-know-identity-alone',
      severity: 'error',
      from: { path: '^src/events/' },
      to: { path: '^src/', pathNot: '^src/(events|identity)/' },
    },
    {
      name: 'events-import-types-alone',
      severity: 'error',
      from: { path: '^src/events/' },
      to: { path: '^src/', pathNot: '^src/events/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'identity-clients-and-tokens-import-no-flow',
      severity: 'error',
      from: { path: '^src/(identity|clients|tokens)/' },
      to: { path: '^src/(login|oauth|wallet|operations|comparison)/|\\.flow\\.ts$' },
    },
    {
      name: 'identity-and-clients-import-no-tokens',
      severity: 'error',
      from: { path: '^src/(identity|clients)/' },
      to: { path: '^src/tokens/' },
    },
    {
      name: 'only-adapters-import-databases',
      severity: 'error',
      from: { pathNot: ['^src/storage/', binding, adapters] },
      to: { path: 'node_modules/(mongoose|@nestjs/mongoose|lmdb)/' },
    },
    {
      name: 'the-storage-module-alone-binds',
      comment:
        'But for the store of runs, which nothing outside of the comparison may know of, and what copies a store.',
      severity: 'error',
      from: {
        pathNot: [
          '^src/storage/',
          binding,
          '^src/(comparison/run-store\\.module|(backup|restore)-store)\\.ts$',
          adapters,
        ],
      },
      to: { path: adapters },
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
      to: { path: '^src/', pathNot: '^src/(demo|browser)/' },
    },
    {
      name: 'the-probe-is-a-client',
      comment: 'And so is what reads the figures of a rollout: it shares nothing with what it judges.',
      severity: 'error',
      from: { path: '^src/probe/' },
      to: { path: '^src/', pathNot: '^src/(probe/|fetched-body\\.ts$)' },
    },
    {
      name: 'nothing-imports-the-demo',
      severity: 'error',
      from: { pathNot: '^src/demo/' },
      to: { path: '^src/demo/' },
    },
    {
      name: 'the-browser-is-for-those-who-play-one',
      comment: 'The service itself is at the other end.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(browser|demo|comparison)/' },
      to: { path: '^src/browser/' },
    },
    {
      name: 'the-browser-imports-nothing',
      severity: 'error',
      from: { path: '^src/browser/', pathNot: '\\.test\\.ts$' },
      to: { pathNot: '^src/browser/' },
    },
    {
      name: 'the-package-is-for-those-who-play-a-client',
      comment: 'The demo and the comparison, which log in from outside; the service itself has no use for it.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(demo|comparison)/' },
      to: { path: '^packages/client/' },
    },
    {
      name: 'the-package-is-imported-by-its-entries',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^packages/client/', pathNot: '^packages/client/src/(wallet/)?index\\.ts$' },
    },
    {
      name: 'the-package-is-a-client',
      comment: 'It is published alone: nothing of the service is in it.',
      severity: 'error',
      from: { path: '^packages/client/src/' },
      to: { path: '^(src|test)/' },
    },
    {
      name: 'the-core-of-the-package-stands-alone',
      comment: 'Whoever logs in with a browser alone gets nothing of wallets and servers, and no dependency.',
      severity: 'error',
      from: { path: '^packages/client/src/[^/]+\\.ts$' },
      to: { pathNot: '^packages/client/src/[^/]+\\.ts$' },
    },
    {
      name: 'production-imports-no-test',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test\\.ts$' },
      to: { path: '^test/|\\.test\\.ts$' },
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-dev-dependencies-in-the-service',
      comment: 'OpenTelemetry is built into dist/tracing/span-worker.js, and installed for that alone.',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test\\.ts$|^src/demo/|^src/tracing/span-worker\\.js$' },
      to: { dependencyTypes: ['npm-dev'] },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '^test/'] },
    // Scripts of the pages name each other by URL; a browser runs them, not Node.
    exclude: { path: '/assets/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default'] },
  },
};
