/**
 * Draws what an operation tells of every picture of a folder on contact sheets, through the gate: of the server that
 * runs, else in this process.
 *
 * Run: `npm run look -- <operation> <folder> [--out contact.png] [--per-sheet 12] [--columns 4] [--limit N]
 * [--with <photo>] [--min-confidence N] [--endpoint URL] [--data-dir FOLDER]`; without arguments it lists the operations.
 */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { connect } from '../src/cli/connect.ts';
import {
  type Look,
  lookOfCelebrities,
  lookOfComparison,
  lookOfEquipment,
  lookOfFaces,
  lookOfLabels,
  lookOfModeration,
  lookOfText,
  openContactSheets,
  renderFrames,
  sheetPictureSide,
} from '../src/cli/drawing/index.ts';
import { UsageError } from '../src/cli/exit-codes.ts';
import { imagesBelow, readImage } from '../src/cli/images.ts';
import { processTerminal } from '../src/cli/output.ts';
import { createProgress } from '../src/cli/progress.ts';
import type { RekognitionMethods } from '../src/library.ts';

interface Asked {
  readonly Image: { readonly Bytes: Uint8Array };
  /** `--with`: what faces are compared with. */
  readonly With?: { readonly Bytes: Uint8Array };
  readonly minConfidence?: number;
}

interface Row {
  readonly about: string;
  look(api: RekognitionMethods, asked: Asked): Promise<Look & { readonly note: string }>;
}

const count = (number: number | undefined, one: string, many = `${one}s`): string =>
  `${number ?? 0} ${number === 1 ? one : many}`;
const least = (minConfidence: number | undefined) =>
  minConfidence === undefined ? {} : { MinConfidence: minConfidence };

/** The operations on one picture, a row each. */
const rows: Readonly<Record<string, Row>> = {
  'detect-faces': {
    about: 'faces and landmarks',
    async look(api, { Image }) {
      const { FaceDetails = [] } = await api.detectFaces({ Image });
      return { ...lookOfFaces(FaceDetails), note: count(FaceDetails.length, 'face') };
    },
  },
  'detect-labels': {
    about: 'objects where they are, other labels in a list',
    async look(api, { Image, minConfidence }) {
      const found = await api.detectLabels({ Image, ...least(minConfidence) });
      return { ...lookOfLabels(found), note: count(found.Labels?.length, 'label') };
    },
  },
  'detect-text': {
    about: 'lines and words',
    async look(api, { Image, minConfidence }) {
      const filters = minConfidence === undefined ? {} : { Filters: { WordFilter: { MinConfidence: minConfidence } } };
      const { TextDetections = [] } = await api.detectText({ Image, ...filters });
      const lines = TextDetections.filter(({ Type }) => Type === 'LINE').length;
      return { ...lookOfText(TextDetections), note: count(lines, 'line') };
    },
  },
  'detect-moderation': {
    about: 'labels of moderation',
    async look(api, { Image, minConfidence }) {
      const found = await api.detectModerationLabels({ Image, ...least(minConfidence) });
      return { ...lookOfModeration(found), note: count(found.ModerationLabels?.length, 'label') };
    },
  },
  'detect-equipment': {
    about: 'persons and their protective equipment',
    async look(api, { Image }) {
      const found = await api.detectProtectiveEquipment({ Image });
      return { ...lookOfEquipment(found), note: count(found.Persons?.length, 'person') };
    },
  },
  'recognize-celebrities': {
    about: 'public figures of the gallery, and other faces',
    async look(api, { Image }) {
      const found = await api.recognizeCelebrities({ Image });
      return { ...lookOfCelebrities(found), note: `${found.CelebrityFaces?.length ?? 0} recognised` };
    },
  },
  compare: {
    about: 'faces that match the largest of --with <photo>',
    async look(api, { Image, With }) {
      if (With === undefined) throw new UsageError('compare needs --with <photo>: whose largest face is compared');
      const found = await api.compareFaces({ SourceImage: With, TargetImage: Image });
      return { ...lookOfComparison(found), note: `${found.FaceMatches?.length ?? 0} matching` };
    },
  },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string', default: 'contact.png' },
    'per-sheet': { type: 'string', default: '12' },
    columns: { type: 'string', default: '4' },
    limit: { type: 'string' },
    with: { type: 'string' },
    'min-confidence': { type: 'string' },
    endpoint: { type: 'string' },
    'data-dir': { type: 'string' },
  },
});

try {
  process.exitCode = await main();
} catch (error) {
  const { name, message } = error as Error;
  processTerminal.note(error instanceof UsageError ? message : `${name}: ${message}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

/** @returns the exit code */
async function main(): Promise<number> {
  const [operation, folder] = positionals;
  const row = operation === undefined ? undefined : rows[operation];
  if (row === undefined || folder === undefined) {
    const list = Object.entries(rows).map(([name, { about }]) => `  ${name.padEnd(22)} ${about}`);
    throw new UsageError(`npm run look -- <operation> <folder> [--out contact.png]\n${list.join('\n')}`);
  }
  const root = resolve(folder);
  const files = (await imagesBelow(root)).slice(0, numberOf('limit'));
  if (files.length === 0) throw new UsageError(`there is no image below ${folder}`);
  const sheets = openContactSheets(values.out, {
    perSheet: numberOf('per-sheet') ?? 12,
    columns: numberOf('columns') ?? 4,
  });
  const With = values.with === undefined ? undefined : await readImage(values.with);
  const minConfidence = numberOf('min-confidence');
  const { api, where, close } = await connect(
    {
      ...(values.endpoint !== undefined && { endpoint: values.endpoint }),
      ...(values['data-dir'] !== undefined && { dataDir: values['data-dir'] }),
    },
    processTerminal,
  );
  const progress = createProgress(processTerminal, 'files');
  let failed = 0;
  try {
    progress.start(`Looking with ${operation} at ${where}`, files.length);
    for (const [done, file] of files.entries()) {
      const path = join(root, file);
      try {
        const Image = await readImage(path);
        const { frames, list, note } = await row.look(api, {
          Image,
          ...(With && { With }),
          ...(minConfidence !== undefined && { minConfidence }),
        });
        const picture = await renderFrames(path, frames, list, { longSide: sheetPictureSide });
        await sheets.add({ picture, lines: [file, note] });
      } catch (error) {
        if (error instanceof UsageError) throw error;
        failed += 1;
        await sheets.add({ lines: [file, `${(error as Error).name}: ${(error as Error).message}`] });
      }
      progress.update(done + 1, { failed });
    }
    progress.stop();
    for (const path of await sheets.finish()) processTerminal.print(path);
  } finally {
    progress.stop();
    await close();
  }
  return failed === files.length ? 1 : 0;
}

function numberOf(name: 'per-sheet' | 'columns' | 'limit' | 'min-confidence'): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isFinite(value) && value >= (name === 'min-confidence' ? 0 : 1)) return value;
  throw new UsageError(`--${name} must be a number, not ${text}`);
}
