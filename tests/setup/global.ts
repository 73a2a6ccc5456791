import { spawnSync } from 'node:child_process';

/**
 * Builds dist/ once before any test: worker processes run the compiled entry, as they do in production. Type errors do
 * not stop a test run here; `npm test` and `npm run check` refuse them.
 */
export function setup(): void {
  spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], { stdio: 'ignore' });
}
