import { startChild } from '../shared/child.ts';
import type { Progress } from '../shared/progress.ts';
import { type Summary, summarise } from '../shared/stats.ts';
import type { PhotoSet } from './photos.ts';
import type { SearchAnswer, SearchQuestion } from './search-child.ts';
import type { StepAnswer, StepQuestion } from './steps-child.ts';

/** One step of the pipeline on one set of photos, milliseconds. */
export interface StepRow {
  readonly set: string;
  readonly step: string;
  readonly ms: Summary;
}

/** Searches in one collection, milliseconds. */
export interface SearchRow {
  readonly vectors: number;
  readonly ms: Summary;
}

/** Takes the pipeline apart on every photo; the first pass over each set warms up. */
export async function measureSteps(
  modelsDir: string,
  sets: readonly PhotoSet[],
  rounds: number,
  progress: Progress,
): Promise<StepRow[]> {
  const child = startChild<StepQuestion, StepAnswer>(new URL('./steps-child.js', import.meta.url));
  try {
    await child.ask({ kind: 'open', modelsDir });
    const rows: StepRow[] = [];
    for (const { name, paths } of sets) {
      const taken = new Map<string, number[]>();
      for (const path of paths.slice(0, 2)) await child.ask({ kind: 'photo', path });
      for (let round = 0; round < rounds; round++) {
        for (const path of paths) {
          for (const [step, ms] of Object.entries(await child.ask({ kind: 'photo', path }))) {
            taken.set(step, [...(taken.get(step) ?? []), ms]);
          }
          progress.step(`steps of ${name}`);
        }
      }
      rows.push(...[...taken].map(([step, ms]) => ({ set: name, step, ms: summarise(ms) })));
    }
    return rows;
  } finally {
    child.close();
  }
}

/** Searches collections of these sizes for the 10 most alike of 128-dimensional templates. */
export async function measureSearch(sizes: readonly number[], times: number, progress: Progress): Promise<SearchRow[]> {
  const rows: SearchRow[] = [];
  for (const vectors of sizes) {
    const child = startChild<SearchQuestion, SearchAnswer>(new URL('./search-child.js', import.meta.url));
    try {
      rows.push({ vectors, ms: summarise((await child.ask({ vectors, dimensions: 128, times })).ms) });
    } finally {
      child.close();
    }
    progress.step(`search in ${vectors}`);
  }
  return rows;
}
