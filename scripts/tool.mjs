// Runs a compiled tool: `node scripts/tool.mjs evals/faces/main --limit 100`. `npm run eval:*`, `bench:*` and
// `train:*` call it.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, ensureInstalled, ensureToolsBuilt, refuseOldNode, root } from './prepare.mjs';

refuseOldNode();
ensureInstalled();
// Worker threads and processes are started from dist.
ensureBuilt();
ensureToolsBuilt();
const [tool, ...args] = process.argv.slice(2);
const entry = join(root, 'build', 'tools', `${tool}.js`);
process.argv.splice(1, process.argv.length, entry, ...args);
await import(pathToFileURL(entry).href);
