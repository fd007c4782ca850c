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
      from: { pathNot: '^src/(storage/|[a-z-]+/(mongo|lmdb)-[a-z-]+\\.ts$)' },
      to: { path: 'node_modules/(mongoose|@nestjs/mongoose|lmdb)/' },
    },
    {
      name: 'challenges-import-no-flow',
      severity: 'error',
      from: { path: '^src/challenges/' },
      to: { path: '^src/(oauth|wallet|accounts|tokens|comparison|operations)/' },
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-dev-dependencies-in-the-service',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test\\.ts$' },
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
