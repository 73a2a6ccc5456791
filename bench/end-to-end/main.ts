import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { loadConfig, readEnvironment } from '../../src/config/index.ts';
import { openModelStore } from '../../src/vision/models/index.ts';
import { largePhoto, photoOfBytes } from '../shared/large-photo.ts';
import { describeMachine } from '../shared/machine.ts';
import { atLeastOne } from '../shared/option-values.ts';
import { openProgress } from '../shared/progress.ts';
import { startServer } from '../shared/server.ts';
import { fillFolder, fillSteps } from './fill.ts';
import { type Load, measureLoad } from './measure.ts';
import { COMPREFACE_PROFILE, describeBench, type EndToEndBench, judge, LARGE_PHOTO } from './report.ts';

interface Options {
  readonly faces: number;
  readonly seconds: number;
  readonly comprefaceSeconds: number;
  readonly workers: number;
  readonly profile: 'accurate' | 'fast';
  readonly dataDir?: string;
  readonly json?: string;
}

const CLIENTS = [1, 4, 16];
const COMPREFACE_CLIENTS = 8;
const COMPREFACE_BYTES = 540_000;

const options = new Command()
  .name('bench:end-to-end')
  .description(
    'Measures SearchFacesByImage through the AWS SDK against a started server with a large collection: by 1, 4 and 16 clients, on photos of 540 KB and of 12 megapixels, and under the load of CompreFace’s own load test.',
  )
  .option('--faces <n>', 'faces in the collection', atLeastOne, 300_000)
  .option('--seconds <n>', 'seconds of each load', atLeastOne, 20)
  .option('--compreface-seconds <n>', "seconds of CompreFace's load", atLeastOne, 60)
  .option('--workers <n>', 'workers of the server', atLeastOne, 2)
  .addOption(new Option('--profile <name>', 'profile of the server').choices(['accurate', 'fast']).default('accurate'))
  .option('--data-dir <path>', 'fill this folder, or use it where it was filled before, and keep it')
  .option('--json <path>', 'also write all figures to this file')
  .parse()
  .opts<Options>();

const { faces, seconds, workers, profile } = options;
const { modelsDir } = loadConfig({ env: readEnvironment(), cwd: process.cwd() });
await openModelStore({ modelsDir }).pull();
const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'likeness-bench-'));
const env = { LIKENESS_PROFILE: profile };
const progress = openProgress(fillSteps(faces) + 2 * CLIENTS.length + 4, 'starting');
try {
  const machine = describeMachine();
  await fillFolder(dataDir, { faces, env }, progress);
  progress.step('the server opens the collection');
  const starting = performance.now();
  const server = await startServer({ workers, dataDir, env });
  const startMs = performance.now() - starting;
  try {
    const small = await photoOfBytes(modelsDir, COMPREFACE_BYTES);
    const large = await largePhoto(modelsDir, { width: 4000, height: 3000 });
    const group = await largePhoto(modelsDir, { width: 4000, height: 3000, of: 'group' });
    const loadsOf = (name: string, photo: Load['photo']): Load[] =>
      CLIENTS.map((clients) => ({ name, photo, clients, seconds }));
    // Every worker loads its nets and warms its code first.
    await measureLoad(server, { name: 'warming up', photo: large, clients: 2 * workers, seconds: 5 }, progress);
    const loads: Load[] = [
      ...loadsOf(LARGE_PHOTO, large),
      { name: `${LARGE_PHOTO}, a group`, photo: group, clients: 1, seconds },
      ...loadsOf('540 KB', small),
      {
        name: COMPREFACE_PROFILE,
        photo: small,
        clients: COMPREFACE_CLIENTS,
        seconds: options.comprefaceSeconds,
      },
    ];
    const rows = [];
    for (const load of loads) rows.push(await measureLoad(server, load, progress));
    const peakBytes = server.peakBytes();
    const bench: EndToEndBench = {
      machine,
      faces,
      workers,
      profile,
      startMs,
      loads: rows,
      ...(peakBytes !== undefined && { peakBytes }),
    };
    progress.stop();
    const targets = judge(bench);
    if (options.json) writeFileSync(options.json, `${JSON.stringify({ ...bench, targets }, null, 2)}\n`);
    process.stdout.write(describeBench(bench, targets));
  } finally {
    await server.close();
  }
} finally {
  progress.stop();
  if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
}
