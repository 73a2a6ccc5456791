// `npm start`: on a fresh clone installs and builds, then serves. Arguments after `--` go to `likeness serve`.
import { ensureBuilt, ensureInstalled, refuseOldNode } from './prepare.mjs';

refuseOldNode();
ensureInstalled();
ensureBuilt();
const { main } = await import('../dist/main.js');
await main(['serve', ...process.argv.slice(2)]);
