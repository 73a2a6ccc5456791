/** Erases subjects one after another until it is killed, saying each on standard output once it is acknowledged. */

import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { compose } from '../../dist/compose.js';
import { loadConfig } from '../../dist/config/index.js';

const [dataDir = '', subjects = ''] = process.argv.slice(2);
const config = loadConfig({
  env: { LIKENESS_DATA_DIR: dataDir, LIKENESS_TRUST_DIR: `${dataDir}-trust` },
  cwd: dataDir,
});
const house = await compose(config, { vision: false });
writeSync(1, 'ready\n');
for (const subject of subjects.split(',')) {
  await house.dispatch({
    requestId: randomUUID(),
    caller: house.localCaller,
    operation: 'EraseSubject',
    request: { subject },
    signal: new AbortController().signal,
  });
  writeSync(1, `${subject}\n`);
}
