import { openAudit } from '../../compose.ts';
import { configOf, type GlobalOptions } from '../connect.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { printResult, renderTable, type Terminal } from '../output.ts';

/** Options of `likeness audit show`. */
export interface ShowAuditFlags extends GlobalOptions {
  readonly after?: number;
  readonly limit?: number;
}

/** Prints the audit log's records: from the end, or after a sequence number. */
export async function runShowAudit(flags: ShowAuditFlags, terminal: Terminal): Promise<void> {
  const audit = openAudit(configOf(flags));
  try {
    const limit = flags.limit ?? 50;
    const head = await audit.head();
    const afterSequence = flags.after ?? Math.max(0, (head?.sequence ?? 0) - limit);
    const records = await audit.read({ afterSequence, limit });
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
          { title: 'counts', value: (record) => countsOf(record.counts) },
        ],
        'the audit log is empty',
      ),
    );
  } finally {
    audit.close();
  }
}

function countsOf(counts: Readonly<Record<string, number | undefined>> | undefined): string | undefined {
  if (counts === undefined) return undefined;
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

/** Follows the whole chain and says where it breaks. @returns the exit code */
export async function runVerifyAudit(
  flags: GlobalOptions & { readonly expect?: string },
  terminal: Terminal,
): Promise<number> {
  const expectedHead = flags.expect === undefined ? undefined : parseHead(flags.expect);
  const audit = openAudit(configOf(flags));
  try {
    const verdict = await audit.verify({ ...(expectedHead && { expectedHead }) });
    printResult(terminal, flags.json === true, verdict, () =>
      verdict.intact
        ? verdict.head === undefined
          ? 'the audit log is empty'
          : `intact: ${verdict.entries} records, head ${verdict.head.sequence}:${verdict.head.hash}\nKeep that head elsewhere: with --expect HEAD this also finds a log that was cut or rewritten whole.`
        : `broken at record ${verdict.sequence} (${verdict.reason}): ${verdict.detail}`,
    );
    return verdict.intact ? exitCodes.ok : exitCodes.failed;
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
