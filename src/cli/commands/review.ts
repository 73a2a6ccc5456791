import { join } from 'node:path';
import { writePrivateFile } from '../../compose.ts';
import type { OwnRequestOf, OwnResponseOf } from '../../contract/index.ts';
import { connect, type GlobalOptions } from '../connect.ts';
import { UsageError } from '../exit-codes.ts';
import { printResult, renderTable, type Terminal } from '../output.ts';
import type { CallOwn } from '../own-api.ts';
import { reviewSheet } from './review-sheet.ts';

type Decision = OwnRequestOf<'SubmitReview'>['decisions'][number];
type Rate = NonNullable<OwnResponseOf<'GetReviewStats'>['reviewers'][number]['falseAcceptRate']>;

/** Options of a listing by pages. */
export interface PageFlags extends GlobalOptions {
  readonly after?: string;
  readonly limit?: number;
}

/** Options of `likeness review submit`; candidates are named by their rank or id. */
export interface SubmitFlags extends GlobalOptions {
  readonly same?: string;
  readonly different?: string;
  readonly cannotTell?: string;
  readonly notThisPerson?: string;
  readonly reason?: string;
}

/** Prints the open cases that the caller may judge. */
export async function runListCases(flags: PageFlags, terminal: Terminal): Promise<void> {
  await through(flags, terminal, async (own) => {
    const found = await own('ListReviewCases', pageOf(flags));
    printResult(terminal, flags.json === true, found, () =>
      [
        renderTable(
          found.cases,
          [
            { title: 'case', value: (row) => row.caseId },
            { title: 'kind', value: (row) => row.kind },
            { title: 'purpose', value: (row) => row.purpose },
            { title: 'collection', value: (row) => row.collectionId },
            { title: 'opened', value: (row) => row.openedAt },
            { title: 'closes', value: (row) => row.expiresAt },
          ],
          'no case waits for you under the purposes of this key; `likeness keys list` shows which they are',
        ),
        ...(found.next === undefined ? [] : [`more: --after ${found.next}`]),
      ].join('\n'),
    );
  });
}

/** Shows a case: as text, or with its pictures in a folder of the reviewer's own. */
export async function runShowCase(
  caseId: string,
  flags: GlobalOptions & { readonly out?: string },
  terminal: Terminal,
): Promise<void> {
  await through(flags, terminal, async (own) => {
    const shown = await own('GetReviewCase', { caseId });
    const { probe, candidates, ...rest } = shown;
    const files: string[] = [];
    if (flags.out !== undefined) {
      const write = (name: string, content: string | Uint8Array): void => {
        const file = join(flags.out ?? '', name);
        writePrivateFile(file, content);
        files.push(file);
      };
      if (probe !== undefined) write('probe.jpg', Buffer.from(probe, 'base64'));
      for (const { rank, crop } of candidates) {
        if (crop !== undefined) write(`candidate-${rank}.jpg`, Buffer.from(crop, 'base64'));
      }
      write('index.html', reviewSheet(shown));
    }
    const listed = candidates.map(({ candidateId, rank }) => ({ candidateId, rank }));
    printResult(terminal, flags.json === true, { ...rest, candidates: listed, files }, () =>
      [
        `${rest.kind} for ${rest.purpose}${rest.collectionId === undefined ? '' : ` in ${rest.collectionId}`}; closes ${rest.expiresAt}`,
        renderTable(
          listed,
          [
            { title: 'rank', value: (row) => row.rank, align: 'right' },
            { title: 'candidate', value: (row) => row.candidateId },
          ],
          'no candidate: submit the case all the same',
        ),
        files.length > 0
          ? `look at ${files.at(-1)} and delete the folder when you have judged`
          : 'the pictures: --out <folder>',
      ].join('\n'),
    );
  });
}

/** Judges every candidate of a case, once and for good. */
export async function runSubmitReview(caseId: string, flags: SubmitFlags, terminal: Terminal): Promise<void> {
  await through(flags, terminal, async (own) => {
    const { candidates } = await own('GetReviewCase', { caseId });
    const decisions = decisionsOf(candidates, flags);
    const recorded = await own('SubmitReview', { caseId, decisions });
    printResult(
      terminal,
      flags.json === true,
      recorded,
      () => 'recorded; it does not change, and the case is closed to you',
    );
  });
}

/** Prints what came of a search that was withheld. */
export async function runShowOutcome(caseId: string, flags: GlobalOptions, terminal: Terminal): Promise<void> {
  await through(flags, terminal, async (own) => {
    const outcome = await own('GetReviewOutcome', { caseId });
    printResult(terminal, flags.json === true, outcome, () =>
      outcome.state === 'pending'
        ? `waits for reviewers, at the latest until ${outcome.expiresAt}`
        : [
            `closed${outcome.detail === undefined ? '' : ` (${outcome.detail})`}; forgotten at ${outcome.expiresAt}`,
            renderTable(
              outcome.matches,
              [
                { title: 'similarity', value: (row) => row.similarity.toFixed(1), align: 'right' },
                { title: 'image id', value: (row) => row.externalImageId },
                { title: 'user', value: (row) => row.userId },
                { title: 'face', value: (row) => row.faceId },
              ],
              'no match was released',
            ),
            ...(outcome.matches.length > 0 ? [outcome.notice] : []),
          ].join('\n'),
    );
  });
}

/** Prints how each reviewer judges. */
export async function runReviewStats(flags: GlobalOptions, terminal: Terminal): Promise<void> {
  await through(flags, terminal, async (own) => {
    const stats = await own('GetReviewStats', {});
    printResult(terminal, flags.json === true, stats, () =>
      renderTable(
        stats.reviewers,
        [
          { title: 'reviewer', value: (row) => row.person },
          { title: 'cases', value: (row) => row.cases, align: 'right' },
          { title: 'non-matches accepted', value: (row) => `${row.seedsAccepted} of ${row.seedsSeen}`, align: 'right' },
          { title: 'false accepts', value: (row) => rateText(row.falseAcceptRate), align: 'right' },
          { title: 'agreement', value: (row) => rateText(row.agreementRate), align: 'right' },
        ],
        'nobody has judged a case yet; those of your own searches are not counted for you',
      ),
    );
  });
}

/** The verdicts as options say them. @throws {UsageError} when a candidate is named twice, not at all, or is none */
export function decisionsOf(
  candidates: readonly { readonly candidateId: string; readonly rank: number }[],
  flags: Pick<SubmitFlags, 'same' | 'different' | 'cannotTell' | 'notThisPerson' | 'reason'>,
): readonly Decision[] {
  const find = (name: string): string => {
    const found = candidates.find(({ candidateId, rank }) => candidateId === name || String(rank) === name);
    if (found === undefined) throw new UsageError(`the case has no candidate ${name}; it has ${candidates.length}`);
    return found.candidateId;
  };
  const named = (list: string | undefined): readonly string[] =>
    (list ?? '')
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '')
      .map(find);
  const never = new Set(named(flags.notThisPerson));
  const verdicts = [
    ...named(flags.same).map((id) => [id, 'same'] as const),
    ...[...named(flags.different), ...never].map((id) => [id, 'different'] as const),
    ...named(flags.cannotTell).map((id) => [id, 'cannot-tell'] as const),
  ];
  const judged = new Set(verdicts.map(([candidateId]) => candidateId));
  if (judged.size < verdicts.length) throw new UsageError('a candidate has one verdict; one is named twice');
  if (judged.size < candidates.length) {
    const missing = candidates.filter(({ candidateId }) => !judged.has(candidateId)).map(({ rank }) => rank);
    throw new UsageError(`judge every candidate: --same, --different or --cannot-tell ${missing.join(',')}`);
  }
  const reason = flags.reason?.trim() ?? '';
  if (reason === '' && verdicts.length > 0) throw new UsageError('--reason says what you saw');
  return verdicts.map(([candidateId, verdict]) => ({
    candidateId,
    verdict,
    reason,
    ...(never.has(candidateId) && { notThisPerson: true }),
  }));
}

/** A page of a listing as the API takes it. */
export function pageOf({ after, limit }: PageFlags): { after?: string; limit?: number } {
  return { ...(after !== undefined && { after }), ...(limit !== undefined && { limit }) };
}

/** Runs a command that looks at no image. */
export async function through(
  flags: GlobalOptions,
  terminal: Terminal,
  work: (own: CallOwn) => Promise<void>,
): Promise<void> {
  const connection = await connect(flags, terminal, { vision: false });
  try {
    await work(connection.own);
  } finally {
    await connection.close();
  }
}

function rateText(rate: Rate | undefined): string | undefined {
  const percent = (value: number): string => `${(value * 100).toFixed(0)} %`;
  return rate && `${percent(rate.rate)} (${percent(rate.low)} to ${percent(rate.high)})`;
}
