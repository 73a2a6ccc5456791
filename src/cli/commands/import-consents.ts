import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { type CsvRow, LabelError, readCsv } from '../../bias/index.ts';
import type { OwnRequestOf } from '../../contract/index.ts';
import { configOf, connect, type GlobalOptions } from '../connect.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { printResult, type Terminal } from '../output.ts';
import { createProgress } from '../progress.ts';
import { termsOf } from './consent.ts';

/** Options of `likeness consent import`. */
export interface ImportFlags extends GlobalOptions {
  readonly tokens?: string;
}

type Terms = OwnRequestOf<'GrantConsent'>;

const neededColumns = ['subject', 'purpose', 'method', 'notice'] as const;
const rowsPerCall = 100;

/**
 * Records the consents of a CSV file. Rows that an earlier run recorded are passed over, because the server knows the
 * same terms again: a run that was stopped goes on where it was.
 *
 * @returns the exit code
 */
export async function runImportConsents(file: string, flags: ImportFlags, terminal: Terminal): Promise<number> {
  const rows = rowsOf(file);
  if (rows.length === 0) throw new UsageError(`${file} holds no row below its header`);
  const tokensFile = resolve(
    flags.tokens ?? join(configOf(flags).dataDir, 'receipts', `${basename(file, '.csv')}-tokens.csv`),
  );
  const connection = await connect(flags, terminal, { vision: false });
  const progress = createProgress(terminal, 'records');
  const tally = { recorded: 0, known: 0 };
  const failures: { line: number; error: string }[] = [];
  let interrupted = false;
  const onInterrupt = () => {
    terminal.note('\nfinishing what is under way; run the same command again to go on');
    interrupted = true;
  };
  process.once('SIGINT', onInterrupt);
  try {
    const valid: { line: number; terms: Terms }[] = [];
    for (const { line, terms, error } of rows) {
      if (terms === undefined) failures.push({ line, error: error ?? '' });
      else valid.push({ line, terms });
    }
    progress.start('Recording consents', rows.length);
    for (let at = 0; at < valid.length && !interrupted; at += rowsPerCall) {
      const batch = valid.slice(at, at + rowsPerCall);
      const { results } = await connection.own('ImportConsents', { rows: batch.map(({ terms }) => terms) });
      const tokens: string[] = [];
      results.forEach((result, i) => {
        const { line, terms } = batch[i] as (typeof batch)[number];
        if (result.receiptId === undefined) {
          failures.push({ line, error: `${result.code ?? 'failed'}: ${result.message ?? ''}` });
        } else if (result.created === true) {
          tally.recorded += 1;
          tokens.push(`${terms.subject},${terms.purpose},${result.receiptId},${result.token ?? ''}\n`);
        } else tally.known += 1;
      });
      // At once: a token is answered once, and an interrupted run must not lose those it got.
      keepTokens(tokensFile, tokens);
      progress.update(tally.recorded + tally.known + failures.length, { failed: failures.length });
    }
    progress.stop();
    failures.sort((a, b) => a.line - b.line);
    const told = { ...tally, failed: failures.length, failures, ...(tally.recorded > 0 && { tokensFile }) };
    printResult(terminal, flags.json === true, told, () =>
      [
        `${tally.recorded} consents recorded`,
        ...(tally.known > 0 ? [`${tally.known} were recorded before`] : []),
        ...(tally.recorded > 0
          ? [`their tokens are in ${tokensFile} (only you can read it): give each to its person`]
          : []),
        ...failures.map(({ line, error }) => `line ${line}: ${error}`),
      ].join('\n'),
    );
    if (interrupted) return exitCodes.interrupted;
    if (failures.length === 0) return exitCodes.ok;
    return tally.recorded + tally.known === 0 ? exitCodes.failed : exitCodes.partly;
  } finally {
    process.off('SIGINT', onInterrupt);
    progress.stop();
    await connection.close();
  }
}

/** The rows of the file, each with its terms or with what is wrong with it. */
function rowsOf(file: string): { line: number; terms?: Terms; error?: string }[] {
  let rows: readonly CsvRow[];
  try {
    rows = readCsv(readFileSync(file, 'utf8').replaceAll('\r\n', '\n'), neededColumns, file);
  } catch (error) {
    if (error instanceof LabelError) throw new UsageError(error.message);
    throw error;
  }
  const notices = new Map<string, string>();
  // A row without a day is of today, so that the same file on the same day is the same consents.
  const today = new Date().toISOString().slice(0, 10);
  return rows.map(({ line, value }) => {
    try {
      return {
        line,
        terms: termsOf({
          subject: value('subject') ?? '',
          purpose: value('purpose') ?? '',
          method: value('method') ?? '',
          granted: value('granted') ?? today,
          expires: value('expires'),
          noticeText: noticeOf(value('notice'), file, notices),
          noticeUrl: value('notice_url'),
          noticeSha256: value('notice_sha256'),
          language: value('language'),
          guardian: value('guardian'),
          relation: value('relation'),
          legalBasis: value('legal_basis'),
          evidence: value('evidence'),
          controller: value('controller'),
          minor: isYes(value('minor')),
        }),
      };
    } catch (error) {
      return { line, error: (error as Error).message };
    }
  });
}

/** The notice's text: as it stands, or of the file that `file:` names beside the CSV. */
function noticeOf(said: string | undefined, csv: string, known: Map<string, string>): string | undefined {
  if (said === undefined || !said.startsWith('file:')) return said;
  const path = resolve(dirname(csv), said.slice('file:'.length));
  const text = known.get(path) ?? readFileSync(path, 'utf8');
  known.set(path, text);
  return text;
}

function isYes(said: string | undefined): boolean {
  switch (said?.toLowerCase()) {
    case undefined:
    case 'no':
    case 'false':
    case '0':
      return false;
    case 'yes':
    case 'true':
    case '1':
      return true;
    default:
      throw new Error(`minor is yes or no, not '${said}'`);
  }
}

function keepTokens(file: string, lines: readonly string[]): void {
  if (lines.length === 0) return;
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const header = existsSync(file) ? '' : 'subject,purpose,receipt,token\n';
  appendFileSync(file, header + lines.join(''), { mode: 0o600, flush: true });
}
