// `npm run check`: formatter and linter, types, and the import rules of ARCHITECTURE.md.
import { spawnSync } from 'node:child_process';
import { ensureInstalled, root } from './prepare.mjs';

ensureInstalled();
const checks = [
  ['biome', ['node_modules/@biomejs/biome/bin/biome', 'ci', '--colors=off', '--error-on-warnings', '.']],
  ['tsc', ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json']],
  ['dependency-cruiser', ['node_modules/dependency-cruiser/bin/dependency-cruise.mjs', 'src', 'conformance']],
];
let failed = 0;
for (const [name, args] of checks) {
  console.log(`\n== ${name}`);
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) failed += 1;
}
process.exit(failed === 0 ? 0 : 1);
