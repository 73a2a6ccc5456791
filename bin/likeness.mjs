#!/usr/bin/env node
// The command `likeness`, from a clone: installs and builds what is missing, then runs it.
import { ensureBuilt, ensureInstalled, refuseOldNode } from '../scripts/prepare.mjs';

refuseOldNode();
ensureInstalled();
ensureBuilt();
const { main } = await import('../dist/main.js');
await main(process.argv.slice(2));
