import type { ProfileName } from '../../src/vision/recipe/profiles.ts';
import { startChild } from '../shared/child.ts';
import { largePhoto } from '../shared/large-photo.ts';
import type { Progress } from '../shared/progress.ts';
import { type Summary, summarise } from '../shared/stats.ts';
import { table } from '../shared/table.ts';
import type { BudgetAnswer, BudgetQuestion } from './budget-child.ts';
import type { SearchAnswer, SearchQuestion } from './search-child.ts';

/** What one operation spends on one photo of 12 megapixels, by one caller. */
export interface Budget {
  readonly operation: BudgetQuestion['operation'];
  readonly profile: ProfileName;
  readonly photo: 'portrait' | 'group';
  readonly bytes: number;
  readonly faces: number;
  readonly steps: readonly { readonly step: string; readonly ms: Summary }[];
  /** The medians together. */
  readonly totalMs: number;
  /** What SearchFacesByImage may take. */
  readonly wantedMs?: number;
}

/** Faces that are searched. */
const SEARCHED = 300_000;
const WANTED_MS: Readonly<Record<ProfileName, number>> = { accurate: 120, fast: 90 };
const SIZE = { width: 4000, height: 3000 };

const asked = (['SearchFacesByImage', 'IndexFaces'] as const).flatMap((operation) =>
  (['accurate', 'fast'] as const).flatMap((profile) =>
    (['portrait', 'group'] as const).map((photo) => ({ operation, profile, photo })),
  ),
);

/** Steps that {@link measureBudgets} reports. */
export const budgetSteps = asked.length + 1;

/** Takes the operations apart, from the request's bytes to what is durable. */
export async function measureBudgets(modelsDir: string, rounds: number, progress: Progress): Promise<Budget[]> {
  const searching = startChild<SearchQuestion, SearchAnswer>(new URL('./search-child.js', import.meta.url));
  let search: Summary;
  try {
    progress.step(`searching ${SEARCHED} faces`);
    search = summarise((await searching.ask({ vectors: SEARCHED, dimensions: 128, times: rounds })).ms);
  } finally {
    searching.close();
  }
  const budgets: Budget[] = [];
  for (const { operation, profile, photo: of } of asked) {
    progress.step(`${operation}, ${profile}, ${of}`);
    const photo = (await largePhoto(modelsDir, { ...SIZE, of })).bytes;
    const child = startChild<BudgetQuestion, BudgetAnswer>(new URL('./budget-child.js', import.meta.url));
    try {
      const answer = await child.ask({ operation, profile, modelsDir, photo, rounds });
      budgets.push(budgetOf({ operation, profile, photo: of, bytes: photo.length }, answer, search));
    } finally {
      child.close();
    }
  }
  return budgets;
}

/** Steps in the order in which a request takes them. */
function budgetOf(
  about: Pick<Budget, 'operation' | 'profile' | 'photo' | 'bytes'>,
  { steps, pooledMs, faces }: BudgetAnswer,
  search: Summary,
): Budget {
  const summaries = steps.map(([step, ms]) => ({ step, ms: summarise(ms) }));
  const ofWorker = summaries.slice(
    summaries.findIndex(({ step }) => step.startsWith('decode')),
    summaries.findIndex(({ step }) => step.startsWith('recipe')) + 1,
  );
  const inside = ofWorker.reduce((sum, { ms }) => sum + ms.p50, 0);
  // What the pool took beyond the steps of its worker, or nothing where other work disturbed them more.
  const way = summarise(pooledMs.map((ms) => Math.max(0, ms - inside)));
  const at = summaries.indexOf(ofWorker[0] as (typeof summaries)[number]);
  const all = [...summaries];
  all.splice(at, 0, { step: 'to the worker and back', ms: way });
  if (about.operation === 'SearchFacesByImage') {
    all.splice(-1, 0, { step: `search ${SEARCHED} faces, in memory`, ms: search });
  }
  return {
    ...about,
    faces,
    steps: all,
    totalMs: all.reduce((sum, { ms }) => sum + ms.p50, 0),
    ...(about.operation === 'SearchFacesByImage' &&
      about.photo === 'portrait' && { wantedMs: WANTED_MS[about.profile] }),
  };
}

/** The budgets as people read them. */
export function describeBudgets(budgets: readonly Budget[]): string {
  const sections = budgets.map(({ operation, profile, photo, bytes, faces, steps, totalMs, wantedMs }) =>
    [
      `${operation}, ${profile}: 12 megapixels, ${photo}, ${(bytes / 1e6).toFixed(1)} MB, ${faces} faces`,
      table(
        ['step, ms', 'p50', 'p95', 'share'],
        [
          ...steps.map(({ step, ms: { p50, p95 } }) => [
            step,
            p50.toFixed(1),
            p95.toFixed(1),
            `${((100 * p50) / totalMs).toFixed(0)} %`,
          ]),
          ['together', totalMs.toFixed(1), '', `${(1000 / totalMs).toFixed(1)}/s`],
        ],
      ),
      ...(wantedMs === undefined
        ? []
        : [
            `${totalMs <= wantedMs ? 'met    ' : 'NOT MET'} ${totalMs.toFixed(1)} ms (<= ${wantedMs}), without the client and its connection`,
          ]),
    ].join('\n'),
  );
  return sections.join('\n\n');
}
