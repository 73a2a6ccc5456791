import { writeFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { loadConfig, readEnvironment } from '../../src/config/index.ts';
import { openModelStore } from '../../src/vision/models/index.ts';
import { describeMachine } from '../shared/machine.ts';
import { measureNets, netSteps } from '../shared/nets/measure.ts';
import { atLeastOne } from '../shared/option-values.ts';
import { ensurePeers, tensorFlowPackages, textPackages } from '../shared/peers/install.ts';
import { openProgress } from '../shared/progress.ts';
import { choosePhotos } from './images.ts';
import { measureOperations, operationSteps } from './measure-operations.ts';
import { imageNetCases } from './nets.ts';
import { describeBench, type ImageBench, judge } from './report.ts';
import { measureText } from './text.ts';

interface Options {
  readonly photos: number;
  readonly rounds: number;
  readonly netRounds: number;
  readonly pictures: number;
  readonly workers: number;
  readonly only?: 'operations' | 'nets' | 'text';
  readonly json?: string;
}

const CLIENTS = [1, 4, 16];

const options = new Command()
  .name('bench:images')
  .description(
    'Measures the image operations through a started server, the nets of labels and moderation beside tfjs-wasm, and reading text beside tesseract.js; both are installed into build/peers.',
  )
  .option('--photos <n>', 'photos of the operations', atLeastOne, 8)
  .option('--rounds <n>', 'rounds over the photos, for each number of clients', atLeastOne, 1)
  .option('--net-rounds <n>', 'rounds of three runs for each net and side', atLeastOne, 5)
  .option('--pictures <n>', 'rendered signs that are read', atLeastOne, 10)
  .option('--workers <n>', 'workers of the server, and of reading text', atLeastOne, 2)
  .addOption(new Option('--only <part>', 'measure this part alone').choices(['operations', 'nets', 'text']))
  .option('--json <path>', 'also write all figures to this file')
  .parse()
  .opts<Options>();

const wants = (part: NonNullable<Options['only']>): boolean => options.only === undefined || options.only === part;
const { modelsDir } = loadConfig({ env: readEnvironment(), cwd: process.cwd() });
const { workers } = options;
await openModelStore({ modelsDir }).pull();
if (wants('nets') || wants('text')) {
  await ensurePeers((line) => console.error(line), { ...tensorFlowPackages, ...textPackages });
}
const progress = openProgress(
  (wants('operations') ? operationSteps(CLIENTS) : 0) +
    (wants('nets') ? netSteps(options.netRounds, imageNetCases) : 0) +
    (wants('text') ? options.pictures : 0),
  'starting',
);
const machine = describeMachine();
const nets = wants('nets')
  ? await measureNets(modelsDir, { cases: imageNetCases, together: [] }, options.netRounds, progress)
  : undefined;
const text = wants('text')
  ? await measureText(modelsDir, { pictures: options.pictures, workers }, progress)
  : undefined;
const operations = wants('operations')
  ? await measureOperations(
      await choosePhotos(modelsDir, options.photos),
      { workers, rounds: options.rounds, clients: CLIENTS },
      progress,
    )
  : undefined;
progress.stop();
const bench: ImageBench = { machine, ...(operations && { operations }), ...(nets && { nets }), ...(text && { text }) };
const targets = judge(bench);
if (options.json) writeFileSync(options.json, `${JSON.stringify({ ...bench, targets }, null, 2)}\n`);
process.stdout.write(describeBench(bench, targets));
