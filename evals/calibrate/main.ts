/**
 * Measures what the similarities of face model 2.0 (the pack sface) mean, on pairs that you have labelled, and records it
 * with the pack. It opens vision directly and no store, as every evaluation does: nobody enrolled is looked at.
 *
 * Run: `npm run calibrate:faces -- --pairs <file> --images <folder> [--data-set <text>] [--json]`; docs/face-models.md.
 */
import { parseArgs } from 'node:util';
import { loadConfig, readEnvironment } from '../../src/config/index.ts';
import { packageRoot } from '../../src/shared/package-root.ts';
import { calibrationText } from '../../src/vision/index.ts';
import { createBars } from '../progress.ts';
import { calibrateFaceModel } from './calibrate-face-model.ts';

const usage = 'npm run calibrate:faces -- --pairs <file> --images <folder> [--data-set <text>] [--json]';

const { values } = parseArgs({
  options: {
    pairs: { type: 'string' },
    images: { type: 'string' },
    'data-set': { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
if (values.pairs === undefined || values.images === undefined) {
  console.error(`${usage}\nWhat the files hold, and how many pairs it takes: docs/face-models.md`);
  process.exit(2);
}
const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort());
const bars = createBars();
const advance = bars.start('Embedding the largest face of each image');
try {
  const { calibration, path, faceless, mostAlike } = await calibrateFaceModel(
    loadConfig({ env: readEnvironment(), cwd: packageRoot() }),
    {
      pairsFile: values.pairs,
      imagesFolder: values.images,
      dataSet: values['data-set'],
      onProgress: advance,
      signal: interrupt.signal,
    },
  );
  bars.stop();
  if (values.json) {
    console.log(JSON.stringify({ calibration, path, faceless, mostAlike }, null, 2));
  } else {
    const lines = [
      calibrationText(calibration),
      '',
      `No face was found in ${faceless.length} images.`,
      'Labelled as different people and most alike; where two show one person, correct the file and calibrate again:',
      ...mostAlike.map(({ a, b, score }) => `- ${score.toFixed(4)}  ${a}  ${b}`),
      '',
      `Recorded in ${path}. A server that runs uses it when it is started again.`,
    ];
    console.log(lines.join('\n'));
  }
} catch (error) {
  bars.stop();
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
