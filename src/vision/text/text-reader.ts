import type { Point } from '../../shared/geometry.ts';
import type { CropText, LineCrop, Quad, ReadLine, TextReader, TextTasks } from './port.ts';
import { inReadingOrder } from './reading-order.ts';
import { textModelVersion } from './version.ts';

/** Pixels of line that one task reads: about 0.3 s of work, so that workers finish together and a cancelled call ends soon. */
const TASK_PIXELS = 3000;

/**
 * Reads text with the tasks of workers: one finds the lines, then all read them, each a few of about the same width in
 * all. The nets gain nothing from lines in one batch: four of 320 pixels take 164 ms together and 96 one by one.
 *
 * @param workers tasks of one call at a time; more would keep other calls waiting
 */
export function createTextReader(tasks: TextTasks, workers: number): TextReader {
  return {
    modelVersion: textModelVersion,
    async read(image, { enough, ...where }, signal) {
      const { aspect, lines } = await tasks.findText(image, where, signal);
      const texts = await readAll(tasks, lines, workers, signal, enough);
      const read = lines.flatMap((line, i) => lineOf(line, texts[i]) ?? []);
      return inReadingOrder(read, ({ quad }) => quad, aspect);
    },
  };
}

/** Reads the crops in their order, several tasks at a time, until there is enough. */
async function readAll(
  tasks: TextTasks,
  lines: readonly LineCrop[],
  workers: number,
  signal: AbortSignal,
  enough: ((lines: readonly ReadLine[]) => boolean) | undefined,
): Promise<readonly (CropText | undefined)[]> {
  const groups = grouped(lines);
  const texts: CropText[] = [];
  const done: (readonly CropText[])[] = [];
  // One that fails ends the others: nobody waits for them any more.
  const ending = new AbortController();
  const either = AbortSignal.any([signal, ending.signal]);
  let next = 0;
  let taken = 0;
  let satisfied = false;
  const work = async (): Promise<void> => {
    while (next < groups.length && !satisfied) {
      const index = next++;
      done[index] = await tasks.readLines(groups[index] ?? [], either);
      for (let ready = done[taken]; ready !== undefined; ready = done[taken]) {
        texts.push(...ready);
        taken++;
      }
      satisfied ||= enough?.(lines.flatMap((line, i) => lineOf(line, texts[i]) ?? [])) ?? false;
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.max(1, workers) }, work));
  } catch (error) {
    ending.abort();
    throw error;
  }
  return texts;
}

/** Lines in their order, in groups of about the same width in all. */
function grouped(lines: readonly LineCrop[]): LineCrop[][] {
  const groups: LineCrop[][] = [];
  let width = Number.POSITIVE_INFINITY;
  for (const line of lines) {
    if (width + line.width > TASK_PIXELS) {
      groups.push([]);
      width = 0;
    }
    groups.at(-1)?.push(line);
    width += line.width;
  }
  return groups;
}

/** A line with its words where they are in the image; undefined where nothing was read. */
function lineOf({ quad: shown }: LineCrop, text: CropText | undefined): ReadLine | undefined {
  if (text === undefined || text.words.length === 0) return undefined;
  const quad: Quad = text.upsideDown ? [shown[2], shown[3], shown[0], shown[1]] : shown;
  const words = text.words.map((word) => ({
    text: word.text,
    confidence: word.confidence,
    quad: partOf(quad, word.from, word.to),
  }));
  const letters = words.reduce((sum, word) => sum + word.text.length, 0);
  const confidence = words.reduce((sum, word) => sum + word.confidence * word.text.length, 0) / letters;
  return { text: words.map((word) => word.text).join(' '), confidence, quad, words };
}

function partOf([topLeft, topRight, bottomRight, bottomLeft]: Quad, from: number, to: number): Quad {
  return [
    between(topLeft, topRight, from),
    between(topLeft, topRight, to),
    between(bottomLeft, bottomRight, to),
    between(bottomLeft, bottomRight, from),
  ];
}

function between(a: Point, b: Point, share: number): Point {
  return { x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share };
}
