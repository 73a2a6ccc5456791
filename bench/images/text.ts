import { renderTexts } from '../../evals/text/rendered.ts';
import { scoreWords } from '../../evals/text/score.ts';
import { startChild } from '../shared/child.ts';
import type { Progress } from '../shared/progress.ts';
import { type Summary, summarise } from '../shared/stats.ts';

/** What a process that reads text is asked. */
export type TextQuestion =
  | { readonly kind: 'open'; readonly modelsDir: string; readonly workers: number }
  /** `straightens`: with the reader's own means against turned pages, where those have to be asked for. */
  | { readonly kind: 'read'; readonly image: Uint8Array; readonly straightens: boolean };

/** What it answers. */
export interface TextAnswer {
  /** From the file's bytes to the words, milliseconds. */
  readonly ms: number;
  readonly words: readonly string[];
  /** What reads, for the report; told when it opens. */
  readonly runtime: string;
}

/** One side's reading. */
export interface TextSide {
  readonly name: string;
  readonly runtime: string;
  readonly ms: Summary;
  /** Words read exactly, of all. */
  readonly right: number;
  /** The same of pictures whose text lies straight. */
  readonly rightStraight: number;
}

/** Both sides on the same pictures. */
export interface TextFigures {
  readonly pictures: number;
  readonly words: number;
  readonly straightWords: number;
  readonly ours: TextSide;
  /** As it comes, and with its own means against turned pages. */
  readonly theirs: readonly TextSide[];
}

/** The evaluation's own pictures, so that figures compare. */
const SEED = 1;

/** Reads the same rendered signs, turned by up to 40 degrees, on both sides in turns. */
export async function measureText(
  modelsDir: string,
  options: { readonly pictures: number; readonly workers: number },
  progress: Progress,
): Promise<TextFigures> {
  const ours = startChild<TextQuestion, TextAnswer>(new URL('./text-ours-child.js', import.meta.url));
  const theirs = startChild<TextQuestion, TextAnswer>(new URL('./text-tesseract-child.js', import.meta.url));
  try {
    const open = { kind: 'open', modelsDir, workers: options.workers } as const;
    const runtimes = { ours: (await ours.ask(open)).runtime, theirs: (await theirs.ask(open)).runtime };
    const sideOf = (name: string, child: typeof ours, runtime: string, straightens: boolean) => ({
      name,
      child,
      runtime,
      straightens,
      ms: [] as number[],
      right: 0,
      rightStraight: 0,
    });
    const sides = [
      sideOf('likeness', ours, runtimes.ours, false),
      sideOf('tesseract.js', theirs, runtimes.theirs, false),
      sideOf('tesseract.js, rotateAuto', theirs, runtimes.theirs, true),
    ];
    let [words, straightWords, done] = [0, 0, 0];
    for await (const { bytes, lines, degrees } of renderTexts(options.pictures, SEED)) {
      const truth = lines.flat();
      const isStraight = degrees === 0;
      words += truth.length;
      if (isStraight) straightWords += truth.length;
      for (const side of done % 2 === 0 ? sides : [...sides].reverse()) {
        // The first picture loads nets and data.
        if (done === 0) await side.child.ask({ kind: 'read', image: bytes, straightens: side.straightens });
        const answer = await side.child.ask({ kind: 'read', image: bytes, straightens: side.straightens });
        const { right } = scoreWords(truth, answer.words);
        side.ms.push(answer.ms);
        side.right += right;
        if (isStraight) side.rightStraight += right;
      }
      done += 1;
      progress.step('text');
    }
    const [mine, ...others] = sides.map(
      ({ name, runtime, ms, right, rightStraight }): TextSide => ({
        name,
        runtime,
        ms: summarise(ms),
        right,
        rightStraight,
      }),
    );
    return { pictures: options.pictures, words, straightWords, ours: mine as TextSide, theirs: others };
  } finally {
    ours.close();
    theirs.close();
  }
}
