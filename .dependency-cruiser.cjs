/** From the lowest up: what stands in one imports its own floor and those below it. Source: docs/architecture.md, section Floors. */
const floors = ['platform', 'domain', 'protocols', 'operations', 'apps'];

/** Decide and compute; what they need is handed to them. */
const pureRules =
  '^src/(protocols/oauth/authorization-request|domain/clients/(redirect-uri|resource-identifier|origins|scope)|protocols/wallet/(address|code-verifier|keccak|signature|signer-recovery|create-siwe-message|universal-validator)|domain/identity/account-id|domain/credentials/(pkce|secret|encrypted-secret))\\.ts$';

/** What speaks with a database: `<technology>-<port>.ts` beside its port, or in `platform/storage/`. */
const adapters = '^src/(domain|protocols|operations|apps|platform/http)/.*(mongo|lmdb)-[a-z-]+\\.ts$';

/** Binds the ports to the database that the settings name; the store of runs is the comparison's own. */
const binding = '^src/(storage\\.module|(lmdb|mongo)-storage|apps/comparison/run-store\\.module)\\.ts$';

const installed = { dependencyTypes: ['core', 'npm'] };
const tests = '\\.test\\.ts$';
const thePackage = '^packages/client/src/(wallet/)?index\\.ts$';
/** Play a client, from outside: they share nothing with what they log in to. */
const clients = '^src/(operations/probe|apps/(demo|browser))/';
const openTelemetry = '^src/operations/tracing/span-worker\\.js$';

/** The import rules of docs/architecture.md, as checks. */
module.exports = {
  allowedSeverity: 'error',
  allowed: [
    { from: { path: tests }, to: {} },
    ...floors.map((floor, level) => ({
      from: { path: `^src/${floor}/`, pathNot: [tests, clients, openTelemetry] },
      to: { path: `^src/((${floors.slice(0, level + 1).join('|')})/|root\\.ts$)`, pathNot: [tests, clients] },
    })),
    // On top is what puts the floors together.
    { from: { path: '^src/[^/]+\\.ts$' }, to: { path: '^src/', pathNot: [tests, clients] } },
    {
      from: { path: '^src/apps/cli/' },
      to: { path: '^src/((core\\.module|storage\\.module|(lmdb|mongo)-storage)\\.ts$|operations/probe/)' },
    },
    { from: { path: '^src/apps/comparison/' }, to: { path: '^src/apps/browser/' } },
    {
      from: { path: '^src/operations/probe/' },
      to: { path: '^src/(operations/(probe/|metrics/exchange-outcomes\\.ts$)|platform/fetched-body\\.ts$)' },
    },
    { from: { path: '^src/apps/(demo|browser)/' }, to: { path: '^src/apps/browser/' } },
    { from: { path: '^src/apps/demo/' }, to: { path: '^src/apps/demo/' } },
    { from: { path: '^src/apps/(comparison|demo)/' }, to: { path: thePackage } },
    { from: { path: '^src/', pathNot: openTelemetry }, to: installed },
    // Built for itself, and installed for that alone: of the service another copy would be in it.
    { from: { path: openTelemetry }, to: { dependencyTypes: ['core', 'npm-dev'] } },
    // Who logs in with the package alone loads nothing of its other entries, and no dependency.
    { from: { path: '^packages/client/src/[^/]+\\.ts$' }, to: { path: '^packages/client/src/[^/]+\\.ts$' } },
    { from: { path: '^packages/client/src/(react|vue)\\.ts$' }, to: { path: 'node_modules/(@types/)?$1/' } },
    { from: { path: '^packages/client/src/[^/]+/' }, to: { pathNot: '^(src|test)/' } },
  ],
  forbidden: [
    {
      name: 'the-models-do-not-know-each-other',
      severity: 'error',
      from: { path: '^src/protocols/(oauth|wallet|passkey)/' },
      to: { path: '^src/protocols/(oauth|wallet|passkey)/', pathNot: '^src/protocols/$1/' },
    },
    {
      name: 'only-adapters-import-databases',
      severity: 'error',
      from: { pathNot: ['^src/platform/storage/', binding, adapters] },
      to: { path: ['node_modules/(mongoose|@nestjs/mongoose|lmdb)/', adapters] },
    },
    {
      name: 'pure-rules-know-no-framework',
      severity: 'error',
      from: { path: pureRules },
      to: {
        path: 'node_modules/|\\.(flow|controller|module)\\.ts$|-store\\.ts$',
        pathNot: 'node_modules/(jose|ox|siwe|@signinwithethereum/siwe|zod)/',
      },
    },
    {
      name: 'loaded-when-they-are-on',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(operations/tracing|apps/comparison)/' },
      to: { path: '^src/(operations/tracing|apps/comparison)/', dynamic: false },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true, dependencyTypesNot: ['type-only'] } },
    { name: 'no-folder-cycles', severity: 'error', scope: 'folder', from: { path: '^src/' }, to: { circular: true } },
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
