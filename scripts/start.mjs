// `npm start`: on a fresh clone installs and builds, then serves. Arguments after `--` go to `likeness serve`.
import { ensureBuilt, ensureInstalled, refuseOldNode } from './prepare.mjs';

refuseOldNode();
// The AWS SDK warns on Node.js 20 at every run; Likeness pins a version that supports it.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
ensureInstalled();
ensureBuilt();
const { main } = await import('../dist/main.js');
await main(['serve', ...process.argv.slice(2)]);
