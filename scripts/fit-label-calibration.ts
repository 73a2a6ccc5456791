/**
 * Fits the confidences of label sources on the scenes and writes data/label-calibration.json; the curves of sources
 * that are not fitted here stay as they are.
 *
 * Run: `npm run train:labels -- [--data FOLDER]`
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { fitCurve } from '../evals/labels/fit-curve.ts';
import { readScenes } from '../evals/labels/scenes.ts';
import { nanodetScores } from '../evals/labels/scores.ts';
import { createBars } from '../evals/progress.ts';
import { loadConfig, readEnvironment } from '../src/config/index.ts';
import { packageRoot } from '../src/shared/package-root.ts';
import type { LabelCalibration } from '../src/vision/labels/calibration.ts';
import { openModelStore } from '../src/vision/models/index.ts';

const { values } = parseArgs({
  options: { data: { type: 'string', default: join(packageRoot(), '..', 'shared', 'data') } },
});
const scenes = readScenes(resolve(values.data));
if (scenes.length === 0) {
  console.error(`No scenes under ${values.data}: name the folder that holds scenes/ with --data.`);
  process.exitCode = 2;
} else {
  const { modelsDir } = loadConfig({ env: readEnvironment(), cwd: packageRoot() });
  const models = openModelStore({ modelsDir });
  await models.pull(['nanodet']);
  const bars = createBars();
  const told = await nanodetScores(models, scenes, bars.start('nanodet'));
  bars.stop();
  const rounded = (value: number): number => Number(value.toFixed(4));
  const { intercept, slope } = fitCurve(told);
  const right = told.filter((one) => one.right).length;
  const file = join(packageRoot(), 'data', 'label-calibration.json');
  const before = JSON.parse(readFileSync(file, 'utf8')) as LabelCalibration;
  const after: LabelCalibration = {
    ...before,
    nanodet: {
      intercept: rounded(intercept),
      slope: rounded(slope),
      fittedOn: `${told.length} labels (${right} right) of ${scenes.length} scenes, all classes together, one labeller's truth`,
      limits:
        'Too few pictures for a curve of each class: rare classes may be surer or less sure than told. Of pictures unlike these (drawings, night, aerial) nothing was measured. The confidence of an object follows the same curve, which was fitted on the surest object of a class in a picture; boxes were not measured.',
    },
  };
  writeFileSync(file, `${JSON.stringify(after, null, 2)}\n`);
  console.log(JSON.stringify(after.nanodet, null, 2));
}
