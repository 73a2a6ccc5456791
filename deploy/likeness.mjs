#!/usr/bin/env node
// The command `likeness` where it is installed and nothing may be written or compiled: a container, /opt/likeness.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
const { main } = await import('../dist/main.js');
await main(process.argv.slice(2));
