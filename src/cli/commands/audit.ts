import { once } from 'node:events';
import { createWriteStream, renameSync, rmSync } from 'node:fs';
import { finished } from 'node:stream/promises';
import { type AuditBook, type AuditExporter, type AuditRecord, exportLines, openAudit } from '../../compose.ts';
import { configOf, connect, type GlobalOptions } from '../connect.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { printResult, renderTable, type Terminal } from '../output.ts';
import type { CallOwn } from '../own-api.ts';
import { createProgress } from '../progress.ts';
import { parseDuration } from './keys.ts';

/** Options of `likeness audit show`. */
export interface ShowAuditFlags extends GlobalOptions {
  readonly after?: number;
  readonly limit?: number;
  readonly person?: string;
  readonly operation?: string;
  /** A date, or a duration back from now. */
  readonly since?: string;
}

/** Prints the audit log's records: the latest, or those after a sequence number; of one person, operation or time. */
export async function runShowAudit(flags: ShowAuditFlags, terminal: Terminal): Promise<void> {
  const sinceMs = flags.since === undefined ? undefined : parseSince(flags.since, Date.now());
  const wanted = (record: AuditRecord): boolean =>
    (flags.person === undefined || record.actor.person === flags.person) &&
    (flags.operation === undefined || record.operation === flags.operation) &&
    (sinceMs === undefined || Date.parse(record.at) >= sinceMs);
  const audit = openAudit(configOf(flags));
  try {
    const limit = flags.limit ?? 50;
    const records =
      flags.after === undefined
        ? await latest(audit, wanted, limit, sinceMs)
        : await following(audit, wanted, limit, flags.after);
    printResult(terminal, flags.json === true, records, () =>
      renderTable(
        records,
        [
          { title: '#', value: (record) => record.sequence, align: 'right' },
          { title: 'at', value: (record) => record.at },
          { title: 'kind', value: (record) => record.kind },
          { title: 'person', value: (record) => record.actor.person },
          { title: 'operation', value: (record) => record.operation },
          { title: 'collection', value: (record) => record.collection },
          { title: 'purpose', value: (record) => record.purpose },
          { title: 'outcome', value: (record) => record.code ?? (record.kind === 'outcome' ? 'ok' : undefined) },
          { title: 'rule', value: (record) => record.rule },
          { title: 'counts', value: countsOf },
        ],
        flags.after === undefined && flags.person === undefined && flags.operation === undefined && !flags.since
          ? 'the audit log is empty'
          : 'no record is of that kind',
      ),
    );
  } finally {
    audit.close();
  }
}

const pageLength = 1_000;

/** From the end backwards, page by page, until enough are found or the time is reached; in order. */
async function latest(
  audit: AuditBook,
  wanted: (record: AuditRecord) => boolean,
  limit: number,
  sinceMs: number | undefined,
): Promise<readonly AuditRecord[]> {
  let found: readonly AuditRecord[] = [];
  for (let end = (await audit.head())?.sequence ?? 0; end > 0 && found.length < limit; end -= pageLength) {
    const afterSequence = Math.max(0, end - pageLength);
    const page = await audit.read({ afterSequence, limit: end - afterSequence });
    found = [...page.filter(wanted), ...found];
    const [oldest] = page;
    if (sinceMs !== undefined && oldest !== undefined && Date.parse(oldest.at) < sinceMs) break;
  }
  return found.slice(Math.max(0, found.length - limit));
}

async function following(
  audit: AuditBook,
  wanted: (record: AuditRecord) => boolean,
  limit: number,
  after: number,
): Promise<readonly AuditRecord[]> {
  const found: AuditRecord[] = [];
  for (let afterSequence = after; found.length < limit; ) {
    const page = await audit.read({ afterSequence, limit: pageLength });
    found.push(...page.filter(wanted));
    const last = page.at(-1);
    if (last === undefined || page.length < pageLength) break;
    afterSequence = last.sequence;
  }
  return found.slice(0, limit);
}

function countsOf({ counts = {}, repeats, case: reviewCase, subjectCount }: AuditRecord): string | undefined {
  const parts = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  if (repeats !== undefined) parts.push(`times ${repeats}`);
  if (subjectCount !== undefined) parts.push(`subjects ${subjectCount}`);
  if (reviewCase !== undefined) parts.push(`case ${reviewCase}`);
  return parts.length === 0 ? undefined : parts.join(', ');
}

/** @returns milliseconds since 1970 @throws {UsageError} */
function parseSince(text: string, nowMs: number): number {
  if (/^\d+[smhd]$/.test(text)) return nowMs - parseDuration(text);
  const at = Date.parse(text);
  if (Number.isNaN(at)) {
    throw new UsageError(`'${text}' is no date and no duration; write for example 2026-01-31, 12h or 7d`);
  }
  return at;
}

/**
 * Writes the log to a file, as docs/audit-format.md has it: from the data folder, or over the API where an endpoint is
 * named.
 */
export async function runExportAudit(file: string, flags: GlobalOptions, terminal: Terminal): Promise<void> {
  if (flags.endpoint !== undefined) {
    const connection = await connect(flags, terminal, { vision: false });
    try {
      await writeExport(exporterOver(connection.own), file, flags, terminal);
    } finally {
      await connection.close();
    }
    return;
  }
  const config = configOf(flags);
  const audit = openAudit(config);
  try {
    if ((await audit.head()) === undefined) {
      throw new UsageError(`the audit log in ${config.dataDir} is empty: there is nothing to export`);
    }
    await writeExport(audit.exporter(), file, flags, terminal);
  } finally {
    audit.close();
  }
}

/** An export that is not whole never stands under the name that was asked for. */
async function writeExport(
  exporter: AuditExporter,
  file: string,
  flags: GlobalOptions,
  terminal: Terminal,
): Promise<void> {
  const unfinished = `${file}.unfinished`;
  const bar = createProgress(terminal, 'records');
  let begun = false;
  let last = '';
  const out = createWriteStream(unfinished, { mode: 0o600 });
  // Told to whoever awaits the end; until then it must not end the process.
  const ended = finished(out);
  ended.catch(() => {});
  try {
    const onProgress = (done: number, total: number): void => {
      if (!begun) bar.start('Exporting', total);
      begun = true;
      bar.update(done);
    };
    for await (const line of exportLines(exporter, { onProgress })) {
      last = line;
      if (!out.write(`${line}\n`)) await Promise.race([once(out, 'drain'), ended]);
    }
    out.end();
    await ended;
    renameSync(unfinished, file);
  } catch (error) {
    out.destroy();
    rmSync(unfinished, { force: true });
    throw error;
  } finally {
    bar.stop();
  }
  const { count, head, checkpoints, node } = JSON.parse(last) as {
    count: number;
    checkpoints: number;
    node: string;
    head?: { sequence: number; hash: string };
  };
  printResult(terminal, flags.json === true, { file, node, records: count, checkpoints, ...(head && { head }) }, () =>
    head === undefined
      ? `wrote an empty log to ${file}`
      : [
          `wrote ${count} records and ${checkpoints} checkpoints of ${node} to ${file}`,
          `head ${head.sequence}:${head.hash}`,
          'Keep that head elsewhere: given with --expect, it also shows an export that was cut or rewritten whole.',
          `Verify it anywhere: node bin/likeness-verify.mjs ${file} --key <trust folder>/public-key.pem`,
        ].join('\n'),
  );
}

/** The exporter of a server that is reached over its API. */
function exporterOver(own: CallOwn): AuditExporter {
  return {
    // What the server signed is handed on as it came.
    manifest: async () => (await own('GetAuditManifest', {})) as Awaited<ReturnType<AuditExporter['manifest']>>,
    page: ({ afterSequence, limit }) => own('ExportAudit', { after: afterSequence, limit }),
  };
}

/** Follows the whole chain, holds it against its checkpoints, and says where it breaks. @returns the exit code */
export async function runVerifyAudit(
  flags: GlobalOptions & { readonly expect?: string },
  terminal: Terminal,
): Promise<number> {
  const expectedHead = flags.expect === undefined ? undefined : parseHead(flags.expect);
  const audit = openAudit(configOf(flags));
  try {
    const verdict = await audit.verify({ ...(expectedHead && { expectedHead }) });
    const signed = await audit.verifyCheckpoints();
    const own = signed?.own;
    const anchor = signed?.anchor;
    const intact = verdict.intact && own?.intact !== false && anchor?.intact !== false;
    const result = { ...verdict, intact, ...(own && { checkpoints: own }), ...(anchor && { anchor }) };
    printResult(terminal, flags.json === true, result, () => {
      const lines: string[] = [];
      if (!verdict.intact) lines.push(`broken at record ${verdict.sequence} (${verdict.reason}): ${verdict.detail}`);
      if (own?.intact === false) lines.push(`the checkpoints do not hold: ${own.detail}`);
      if (anchor?.intact === false) lines.push(`the log does not stand against its anchor file: ${anchor.detail}`);
      if (lines.length > 0 || !verdict.intact) return lines.join('\n');
      if (verdict.head === undefined) return 'the audit log is empty';
      const { sequence, hash } = verdict.head;
      return [
        `intact: ${verdict.entries} records, head ${sequence}:${hash}`,
        own === undefined
          ? 'no checkpoint was checked: there is no public key in the trust folder yet'
          : `${own.checkpoints} signed checkpoints in the log${anchor ? ` and ${anchor.checkpoints} in the anchor file` : ''} hold`,
        'Keep that head elsewhere: with --expect HEAD this also finds a log that was cut or rewritten whole.',
      ].join('\n');
    });
    return intact ? exitCodes.ok : exitCodes.failed;
  } finally {
    audit.close();
  }
}

function parseHead(text: string): { sequence: number; hash: string } {
  const [, sequence, hash] = /^(\d+):([0-9a-f]{64})$/.exec(text) ?? [];
  if (sequence === undefined || hash === undefined) {
    throw new UsageError('--expect takes SEQUENCE:HASH as `likeness audit verify` prints it');
  }
  return { sequence: Number(sequence), hash };
}
