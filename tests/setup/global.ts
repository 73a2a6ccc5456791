import { execFileSync } from 'node:child_process';

/** Builds dist/ once before any test: worker processes run the compiled entry, as they do in production. */
export function setup(): void {
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
}
