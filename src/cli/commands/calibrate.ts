import { calibrateFaceModel, calibrationText } from '../../compose.ts';
import { configOf, type GlobalOptions } from '../connect.ts';
import { UsageError } from '../exit-codes.ts';
import { printResult, type Terminal } from '../output.ts';
import { createProgress } from '../progress.ts';

/** Options of `likeness models calibrate`. */
export interface CalibrateFlags extends GlobalOptions {
  readonly pairs: string;
  readonly images: string;
  readonly dataSet?: string;
}

/** The face model that comes without a calibration. */
const uncalibratedVersion = '2.0';

/** Measures what the similarities of a pack's face model mean, on pairs that the operator has labelled. */
export async function runCalibrate(version: string, flags: CalibrateFlags, terminal: Terminal): Promise<void> {
  if (version !== uncalibratedVersion) {
    throw new UsageError(
      `only ${uncalibratedVersion}, the face model of the pack sface, is calibrated here; the others come with their calibration: likeness models calibration`,
    );
  }
  const interrupt = new AbortController();
  const onInterrupt = () => interrupt.abort();
  process.once('SIGINT', onInterrupt);
  const bar = createProgress(terminal, 'files');
  let begun = false;
  try {
    const { calibration, path, faceless, mostAlike } = await calibrateFaceModel(configOf(flags), {
      pairsFile: flags.pairs,
      imagesFolder: flags.images,
      dataSet: flags.dataSet,
      onProgress: (done, total) => {
        if (!begun) bar.start('Embedding the largest face of each image', total);
        begun = true;
        bar.update(done);
      },
      signal: interrupt.signal,
    });
    bar.stop();
    printResult(terminal, flags.json === true, { calibration, path, faceless, mostAlike }, () =>
      [
        calibrationText(calibration),
        '',
        `No face was found in ${faceless.length} images.`,
        'Labelled as different people and most alike; where two show one person, correct the file and calibrate again:',
        ...mostAlike.map(({ a, b, score }) => `- ${score.toFixed(4)}  ${a}  ${b}`),
        '',
        `Recorded in ${path}. A server that runs uses it when it is started again.`,
      ].join('\n'),
    );
  } finally {
    bar.stop();
    process.off('SIGINT', onInterrupt);
  }
}
