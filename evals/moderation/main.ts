/**
 * Counts false alarms of moderation on ordinary photos: how many of them get a label, by threshold.
 *
 * Run: `npm run eval:moderation -- [--data FOLDER] [--all] [--list]`
 *
 * `--all` looks at every image of lfw/ instead of every fourth; `--list` prints the images that get a label at 50, without
 * those of lfw/, whose file names are names of people. Recall is not measured: no explicit material is kept or made.
 */
import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { loadConfig, readEnvironment } from '../../src/config/index.ts';
import { packageRoot } from '../../src/shared/package-root.ts';
import { openModelStore } from '../../src/vision/models/index.ts';
import { openModerationEngine } from '../../src/vision/moderation/moderation-engine.ts';
import { defaultModerationNet } from '../../src/vision/moderation/version.ts';
import { createBars } from '../progress.ts';
import { alarmTable, type Looked } from './alarms.ts';

const FOLDERS = ['scenes', 'text', 'crowd', 'lfw', 'faces'];
/** Of LFW, whose images are much alike, every fourth in the order of their paths. */
const EVERY = 4;

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: join(packageRoot(), '..', 'shared', 'data') },
    all: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
  },
});
const data = resolve(values.data);
const folders = FOLDERS.filter((folder) => existsSync(join(data, folder)));
if (folders.length === 0) {
  console.error(`None of ${FOLDERS.join(', ')} is under ${data}: name the folder that holds them with --data.`);
  process.exitCode = 2;
} else {
  await evaluate();
}

function imagesOf(folder: string): string[] {
  const paths = readdirSync(join(data, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => ['.jpg', '.jpeg', '.png', '.webp'].includes(extname(path).toLowerCase()))
    .sort()
    .map((path) => join(folder, path));
  return folder === 'lfw' && !values.all ? paths.filter((_, index) => index % EVERY === 0) : paths;
}

async function evaluate(): Promise<void> {
  const { modelsDir } = loadConfig({ env: readEnvironment(), cwd: packageRoot() });
  const models = openModelStore({ modelsDir });
  await models.pull([defaultModerationNet]);
  const engine = await openModerationEngine({ models });
  const images = folders.flatMap((folder) => imagesOf(folder).map((path) => ({ folder, path })));
  const bars = createBars();
  const tell = bars.start(`moderation of ${images.length} images`);
  const looked: Looked[] = [];
  for (const [index, { folder, path }] of images.entries()) {
    // Small pictures are no case for the operation but may be in the data.
    const image = { bytes: new Uint8Array(await readFile(join(data, path))), sides: { minSide: 1 } };
    const { labels, contentTypes } = await engine.moderate(image, AbortSignal.timeout(60_000));
    looked.push({ folder, path, told: [...labels, ...contentTypes] });
    tell(index + 1, images.length);
  }
  await engine.close();
  bars.stop();
  console.log(alarmTable(looked));
  if (values.list) {
    for (const { folder, path, told } of looked) {
      const surest = told.reduce((best, label) => (label.confidence > best.confidence ? label : best));
      if (folder !== 'lfw' && surest.confidence >= 50)
        console.log(`${path}\t${surest.name} ${surest.confidence.toFixed(1)}`);
    }
  }
}
