/**
 * The import rules of ARCHITECTURE.md, as a machine checks them. A room imports another only through that room's
 * face (its index.ts); areas take vision and stores as types only. tests/architecture.test.ts plants a breach of each
 * rule that guards models and stores, and finds it caught.
 */
const only = (name, from, allowed, extra = {}) => ({
  name,
  severity: 'error',
  from: { path: `^src/${from}/`, pathNot: '\\.test\\.ts$' },
  to: { path: '^src/', pathNot: [`^src/${from}/`, ...allowed.map((to) => `^src/${to}`)], ...extra },
});

/** The same for a single file above the rooms. */
const face = (file, allowed) => ({
  name: `${file}-imports`,
  severity: 'error',
  from: { path: `^src/${file}\\.ts$` },
  to: { path: '^src/', pathNot: allowed.map((to) => `^src/${to}`) },
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
      'compose\\.ts$',
      'server\\.ts$',
      'library\\.ts$',
      'bias/index\\.ts$',
      'config/',
      'shared/',
      'contract/',
    ]),
    {
      // What opens stores, models, keys, backups and images leaves compose only as a grant's capabilities.
      name: 'only-compose-reaches-stores-and-models',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: ['^src/(compose|stores|vision|keyring|backup|sources|media)[/.]', '\\.test\\.ts$'],
      },
      to: {
        path: '^src/(stores|vision|keyring|backup|sources|media)/',
        pathNot: '^src/stores/ports/',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'compose-has-one-door',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/compose[/.]', '\\.test\\.ts$'] },
      to: { path: '^src/compose/' },
    },
    {
      name: 'engines-stay-in-their-rooms',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/(stores|vision)/', '\\.test\\.ts$'] },
      to: { path: 'node_modules/(libsql|onnxruntime-node)/|^(libsql|onnxruntime-node)$' },
    },
    face('library', ['compose\\.ts$', 'config/', 'contract/', 'shared/']),
    face('server', ['compose\\.ts$', 'edge/index\\.ts$', 'config/', 'shared/']),
    face('main', ['cli/']),
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
