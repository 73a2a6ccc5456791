/**
 * The import rules of ARCHITECTURE.md, as a machine checks them. A room imports another only through that room's
 * face (its index.ts); areas take vision and stores as types only.
 */
const only = (name, from, allowed, extra = {}) => ({
  name,
  severity: 'error',
  from: { path: `^src/${from}/`, pathNot: '\\.test\\.ts$' },
  to: { path: '^src/', pathNot: [`^src/${from}/`, ...allowed.map((to) => `^src/${to}`)], ...extra },
});

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-dev-dependencies',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['npm-dev'] },
    },
    {
      name: 'no-test-imports',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test\\.ts$' },
      to: { path: '\\.test\\.ts$|^tests/|^conformance/|^bench/|^evals/' },
    },
    only('keyring-imports', 'keyring', ['shared/']),
    only('contract-imports', 'contract', ['shared/']),
    only('shared-imports', 'shared', []),
    only('stores-imports', 'stores', ['shared/']),
    only('backup-imports', 'backup', ['shared/', 'stores/ports/']),
    only('media-imports', 'media', ['shared/']),
    only('sources-imports', 'sources', ['shared/']),
    only('config-imports', 'config', ['shared/']),
    only('bias-imports', 'bias', ['shared/']),
    only('vision-imports', 'vision', ['media/', 'shared/']),
    only('governance-imports', 'governance', ['contract/', 'stores/ports/', 'vision/index\\.ts$', 'shared/']),
    only('edge-imports', 'edge', ['governance/index\\.ts$', 'contract/', 'shared/']),
    only('areas-imports', 'areas', [
      'governance/index\\.ts$',
      'contract/',
      'shared/',
      'vision/index\\.ts$',
      'stores/ports/',
    ]),
    {
      name: 'areas-take-vision-and-stores-as-types-only',
      severity: 'error',
      from: { path: '^src/areas/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/(vision|stores)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'governance-takes-vision-as-types-only',
      severity: 'error',
      from: { path: '^src/governance/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/vision/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'areas-speak-through-faces',
      severity: 'error',
      from: { path: '^src/areas/([^/]+)/' },
      to: { path: '^src/areas/([^/]+)/', pathNot: ['^src/areas/$1/', '^src/areas/[^/]+/index\\.ts$'] },
    },
    only('cli-imports', 'cli', [
      'compose(/index)?\\.ts$',
      'server\\.ts$',
      'library\\.ts$',
      'bias/index\\.ts$',
      'config/',
      'shared/',
      'contract/',
    ]),
    {
      name: 'only-compose-opens-the-keyring',
      severity: 'error',
      from: { path: '^src/(?!keyring/|compose)', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/keyring/', dependencyTypesNot: ['type-only'] },
    },
    { name: 'conformance-is-black-box', severity: 'error', from: { path: '^conformance/' }, to: { path: '^src/' } },
    {
      name: 'only-compose-wires',
      severity: 'error',
      from: { path: '^src/(?!compose|main\\.ts|library\\.ts|server\\.ts|cli/)', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/(compose(/|\\.ts$)|main\\.ts$|library\\.ts$|server\\.ts$)' },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: 'specify',
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|build)/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
