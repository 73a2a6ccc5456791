import { writeFileSync } from 'node:fs';
import type { TransparencyReport } from '../../compose.ts';
import { connect, type GlobalOptions } from '../connect.ts';
import { UsageError } from '../exit-codes.ts';
import { printResult, renderTable, type Terminal } from '../output.ts';
import { toldText, transparencyPage } from '../pages/transparency-page.ts';

/** Options of `likeness report transparency`. */
export interface TransparencyFlags extends GlobalOptions {
  readonly from?: string;
  readonly to?: string;
  readonly html?: string;
  readonly out?: string;
}

const monthPattern = /^\d{4}-(0[1-9]|1[0-2])$/;

/** Makes a transparency report and prints, draws or keeps it. */
export async function runTransparencyReport(flags: TransparencyFlags, terminal: Terminal): Promise<void> {
  const to = month(flags.to ?? new Date().toISOString().slice(0, 7), '--to');
  const from = month(flags.from ?? monthsBefore(to, 11), '--from');
  const connection = await connect(flags, terminal, { vision: false });
  try {
    terminal.note('Verifying and counting the audit log ...');
    const { report: text } = await connection.own('GetTransparencyReport', { from, to });
    const report = JSON.parse(text) as TransparencyReport;
    if (flags.out !== undefined) writeFileSync(flags.out, `${text}\n`);
    if (flags.html !== undefined) writeFileSync(flags.html, transparencyPage(report, text));
    printResult(terminal, flags.json === true, report, () => plainText(report, flags));
  } finally {
    await connection.close();
  }
}

function plainText(report: TransparencyReport, { html, out }: TransparencyFlags): string {
  const { audit, measures, smallestTold } = report;
  const count = {
    title: 'count',
    value: (row: { count: TransparencyReport['cells'][number]['count'] }) => toldText(row.count, smallestTold),
    align: 'right',
  } as const;
  return [
    `from ${report.from} to ${report.to}; the audit log ${audit.intact ? `is whole (${audit.records} records)` : `is BROKEN: ${audit.detail}`}`,
    renderTable(
      report.cells,
      [
        { title: 'month', value: (cell) => cell.month },
        { title: 'purpose', value: ({ purpose }) => purpose },
        { title: 'what', value: ({ measure }) => measures.find(({ name }) => name === measure)?.title },
        count,
      ],
      'nothing was counted in these months',
    ),
    renderTable(
      report.refusals,
      [{ title: 'month', value: (cell) => cell.month }, { title: 'refused by', value: ({ rule }) => rule }, count],
      'nothing was refused',
    ),
    ...(html === undefined ? [] : [`written as a page to ${html}`]),
    ...(out === undefined ? [] : [`written as signed JSON to ${out}`]),
  ].join('\n\n');
}

function month(text: string, option: string): string {
  if (!monthPattern.test(text)) throw new UsageError(`${option} takes a month such as 2026-01`);
  return text;
}

function monthsBefore(text: string, months: number): string {
  const [year = 0, number = 1] = text.split('-').map(Number);
  return new Date(Date.UTC(year, number - 1 - months)).toISOString().slice(0, 7);
}
