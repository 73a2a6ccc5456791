import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import {
  type BiasReport,
  biasReportPage,
  defaultProtocol,
  LabelError,
  type LabelledPairs,
  makeBiasReport,
  type ProtocolOptions,
  type RateFigure,
  type ReportData,
  readLabelledPairs,
  readScoredPairs,
  type ScoredPair,
  type SignedBiasReport,
  scaleOfScores,
} from '../../bias/index.ts';
import { canonicalJson, sha256Hex } from '../../shared/canonical-json.ts';
import { verifyDocument } from '../../shared/signing.ts';
import { type Connection, configOf, connect, type GlobalOptions } from '../connect.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { printResult, renderTable, type Terminal } from '../output.ts';
import { createProgress } from '../progress.ts';
import { openScoreCache, scorePairs } from '../score-pairs.ts';

/** Options of `likeness evaluate bias`. */
export interface EvaluateBiasFlags extends GlobalOptions {
  readonly pairs?: string;
  readonly groups?: string;
  readonly scores?: string;
  readonly threshold?: number;
  readonly purpose?: string;
  readonly out?: string;
  readonly cache?: string;
  readonly seed?: number;
  readonly replicates?: number;
  readonly concurrency?: number;
}

/** The threshold of CompareFaces where a request names none. */
const defaultThreshold = 80;
const leastReplicates = 200;

/** The labels, read and checked before any image is looked at. */
type Input =
  | { readonly form: 'scores'; readonly pairs: readonly ScoredPair[]; readonly files: Readonly<Record<string, string>> }
  | {
      readonly form: 'pairs';
      readonly labelled: LabelledPairs;
      readonly folder: string;
      readonly files: Readonly<Record<string, string>>;
    };

/**
 * Measures error rates by group on labelled pairs and writes the signed report as JSON and as a page.
 *
 * @returns the exit code
 */
export async function runEvaluateBias(flags: EvaluateBiasFlags, terminal: Terminal): Promise<number> {
  if ((flags.replicates ?? leastReplicates) < leastReplicates) {
    throw new UsageError(
      `--replicates must be at least ${leastReplicates}; fewer make the intervals themselves uncertain`,
    );
  }
  const input = readInput(flags);
  const { low, high } = scaleOfScores(input.form === 'scores' ? input.pairs : []);
  if (flags.threshold === undefined && (low !== 0 || high !== 100)) {
    throw new UsageError(
      `these scores run from ${low} to ${high}, so they are no similarities; name their --threshold`,
    );
  }
  const interrupt = new AbortController();
  const onInterrupt = () => {
    terminal.note('\nfinishing what is under way; with --cache the same command goes on from there');
    interrupt.abort();
  };
  process.once('SIGINT', onInterrupt);
  // Over HTTP the key's first purpose holds; inside this process, the one that is made for measuring.
  const connection = await connect(flags, terminal, {
    vision: input.form === 'pairs',
    purpose: 'evaluation',
  });
  try {
    const chosen = await chooseThreshold(flags, connection);
    const scored = await scoresOf(input, flags, connection, terminal, interrupt.signal);
    if (scored === undefined) return exitCodes.failed;
    const report = makeBiasReport(scored.pairs, {
      ...defaultProtocol,
      ...chosen,
      ...(flags.seed !== undefined && { seed: flags.seed }),
      ...(flags.replicates !== undefined && { replicates: flags.replicates }),
      scale: scaleOfScores(scored.pairs),
      data: scored.data,
    });
    const signed = await sign(report, connection);
    const files = await writeReport(signed, resolve(flags.out ?? 'bias-report'));
    printResult(terminal, flags.json === true, { ...files, report: signed.report }, () => textOf(signed.report, files));
    return exitCodes.ok;
  } catch (error) {
    if ((error as Error).name === 'AbortError') return exitCodes.interrupted;
    throw error;
  } finally {
    process.off('SIGINT', onInterrupt);
    await connection.close();
  }
}

function readInput({ pairs, groups, scores }: EvaluateBiasFlags): Input {
  try {
    if (scores !== undefined && pairs === undefined && groups === undefined) {
      const text = readText(scores);
      return { form: 'scores', pairs: readScoredPairs(text), files: { scores: sha256Hex(text) } };
    }
    if (scores !== undefined || pairs === undefined || groups === undefined) {
      throw new UsageError(
        'give --pairs FILE and --groups FILE, or --scores FILE alone; docs/bias-report.md shows their columns',
      );
    }
    const [pairsText, groupsText] = [readText(pairs), readText(groups)];
    const labelled = readLabelledPairs(pairsText, groupsText);
    const folder = dirname(resolve(pairs));
    const images = new Set(labelled.pairs.flatMap(({ a, b }) => [a.image, b.image]));
    const missing = [...images].filter((image) => !existsSync(resolve(folder, image)));
    if (missing.length > 0) {
      throw new UsageError(
        `${missing.length} images of the pairs file are not below ${folder}; the first is ${missing[0]}`,
      );
    }
    return { form: 'pairs', labelled, folder, files: { pairs: sha256Hex(pairsText), groups: sha256Hex(groupsText) } };
  } catch (error) {
    throw error instanceof LabelError ? new UsageError(error.message) : error;
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new UsageError(`cannot read ${path}: ${(cause as Error).message}`);
  }
}

/** The one threshold for all groups, never below the purpose's floor; and what false-match rate it is said to stand for. */
async function chooseThreshold(
  flags: EvaluateBiasFlags,
  { own }: Connection,
): Promise<Pick<ProtocolOptions, 'threshold' | 'floors'> & { thresholdFrom: string }> {
  const { purposes } = await own('GetPolicy', {});
  const row = purposes.find(({ name }) => name === flags.purpose);
  if (flags.purpose !== undefined && row === undefined) {
    throw new UsageError(
      `there is no purpose ${flags.purpose}; there are ${purposes.map(({ name }) => name).join(', ')}`,
    );
  }
  const floor = row?.similarityFloor ?? 0;
  const asked = flags.threshold ?? Math.max(defaultThreshold, floor);
  const threshold = Math.max(asked, floor);
  const thresholdFrom =
    threshold === floor && row !== undefined
      ? `the similarity floor of ${row.name}`
      : flags.threshold !== undefined
        ? 'chosen by the evaluator'
        : 'the default of CompareFaces';
  const { calibrations } = flags.scores === undefined ? await own('GetCalibration', {}) : { calibrations: [] };
  const stated = calibrations.flatMap(({ points }) => points).find(({ similarity }) => similarity === threshold);
  const { floors } = defaultProtocol;
  const aims = { ...floors.aims, ...(stated && { 'false-match': stated.falseMatchRate }) };
  return { threshold, thresholdFrom, floors: { ...floors, aims } };
}

/** Scores with where they come from; undefined, with the reasons told, when some pair could not be scored. */
async function scoresOf(
  input: Input,
  flags: EvaluateBiasFlags,
  { api, own }: Connection,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<{ pairs: readonly ScoredPair[]; data: ReportData } | undefined> {
  if (input.form === 'scores') {
    const data = { form: input.form, files: input.files, identities: 'stated', repeatedPairs: 0 } as const;
    return { pairs: input.pairs, data };
  }
  const { pairs, identities, repeatedPairs } = input.labelled;
  const { models } = await own('ListModels', {});
  const modelsDigest = sha256Hex(canonicalJson(models.map(({ id, sha256 }) => [id, sha256])));
  const progress = createProgress(terminal, 'pairs');
  progress.start('Comparing', pairs.length);
  const scored = await scorePairs(pairs, {
    api,
    folder: input.folder,
    concurrency: flags.concurrency ?? configOf(flags).workers,
    signal,
    ...(flags.cache !== undefined && { cache: openScoreCache(flags.cache, modelsDigest) }),
    onProgress: (done, failed) => progress.update(done, { failed }),
  }).finally(() => progress.stop());
  if (scored.failures.length > 0) {
    for (const { pair, error } of scored.failures.slice(0, 20)) terminal.note(`failed: ${pair}: ${error}`);
    terminal.note(
      `${scored.failures.length} of ${pairs.length} pairs could not be compared; no report is made of the others, because what is left out may be what differs. Mend or remove these pairs and run it again${flags.cache === undefined ? ' (with --cache FILE it goes on from there)' : ''}.`,
    );
    return undefined;
  }
  const [copy] = scored.copies;
  if (copy !== undefined) {
    throw new UsageError(
      `${scored.copies.length} images are copies of others, such as ${copy[1]} of ${copy[0]}; give each image one name, or it counts for two`,
    );
  }
  const files = { ...input.files, images: scored.imagesDigest };
  return { pairs: scored.pairs, data: { form: input.form, files, identities, repeatedPairs } };
}

/** Has the server sign, and checks what came back. */
async function sign(report: BiasReport, { own }: Connection) {
  const { report: text, publicKeyPem } = await own('SignReport', { report: JSON.stringify(report) });
  const signed = JSON.parse(text) as SignedBiasReport;
  if (!verifyDocument(publicKeyPem, signed))
    throw new Error('the server returned a report whose signature does not hold');
  return { report: signed, text, publicKeyPem };
}

async function writeReport({ report, text }: { report: SignedBiasReport; text: string }, out: string) {
  const base = out.replace(/\.(json|html)$/, '');
  const files = { json: `${base}.json`, html: `${base}.html` };
  await writeFile(files.json, `${text}\n`);
  await writeFile(files.html, biasReportPage(report));
  return files;
}

function textOf({ measurement, protocol }: SignedBiasReport, files: { json: string; html: string }): string {
  const rate = (figure: RateFigure) =>
    figure.status === 'measured'
      ? `${(100 * figure.rate).toPrecision(2)} %`
      : figure.status === 'bounded'
        ? `< ${(100 * figure.below).toPrecision(2)} %`
        : 'no rate';
  const table = renderTable(measurement.groups, [
    { title: 'group', value: ({ group }) => group },
    { title: 'people', value: ({ people }) => people, align: 'right' },
    { title: 'false matches', value: ({ falseMatchWithin }) => rate(falseMatchWithin), align: 'right' },
    { title: 'false non-matches', value: ({ falseNonMatch }) => rate(falseNonMatch), align: 'right' },
    { title: 'not enrolled', value: ({ failureToEnrol }) => rate(failureToEnrol), align: 'right' },
  ]);
  const shown = measurement.differentials.flatMap(({ kind, groups }) =>
    groups
      .filter(({ verdict }) => verdict !== 'not shown')
      .map(({ group, verdict }) => `${group}: ${verdict} rate of ${kind}`),
  );
  return [
    `threshold ${protocol.threshold} (${protocol.thresholdFrom}), ${measurement.pairs.total} pairs`,
    table,
    shown.length > 0
      ? `differentials: ${shown.join('; ')}`
      : measurement.ratiosLookedAt === 0
        ? 'too few people to compare any two groups'
        : 'no differential is shown by this sample',
    `intervals, and what the sample does not bear: ${files.html}`,
    `signed: ${files.json}`,
  ].join('\n');
}
