#!/usr/bin/env node
// The command `likeness`, from a clone: installs and builds what is missing, then runs it.
import { ensureBuilt, ensureInstalled, refuseOldNode } from '../scripts/prepare.mjs';

refuseOldNode();
// The AWS SDK warns on Node.js 20 at every run; Likeness pins a version that supports it.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
ensureInstalled();
ensureBuilt();
const { main } = await import('../dist/main.js');
await main(process.argv.slice(2));
