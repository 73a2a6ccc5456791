// `npm test`: on a fresh clone installs and builds, then runs the whole suite. Arguments after `--` go to vitest.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, refuseOldNode, root } from './prepare.mjs';

refuseOldNode();
ensureInstalled();
ensureBuilt();
const { status } = spawnSync(
  process.execPath,
  [join('node_modules', 'vitest', 'vitest.mjs'), 'run', ...process.argv.slice(2)],
  {
    cwd: root,
    stdio: 'inherit',
  },
);
process.exit(status ?? 1);
