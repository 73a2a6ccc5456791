import { readFileSync } from 'node:fs';
import { biasReportPage, isBiasReport, reportText, type SignedBiasReport } from '../../bias/index.ts';
import { verifyDocument } from '../../shared/signing.ts';
import type { GlobalOptions } from '../connect.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { printResult, type Terminal } from '../output.ts';

/** Options of `likeness evaluate verify`. */
export interface VerifyReportFlags extends GlobalOptions {
  readonly publicKey: string;
  readonly page?: string;
}

/**
 * Holds a bias report against the public key of the server that signed it, and its page against the report. Needs no
 * server and no data folder.
 *
 * @returns the exit code
 */
export function runVerifyReport(file: string, flags: VerifyReportFlags, terminal: Terminal): number {
  const report = parsed(readText(file), file);
  const intact = verifyDocument(readText(flags.publicKey), report);
  const page = flags.page === undefined ? undefined : pageState(readText(flags.page), report);
  const good = intact && page !== 'changed';
  printResult(terminal, flags.json === true, { intact, ...(page && { page }), ...reportOrigin(report) }, () =>
    [
      intact
        ? `intact: signed ${report.origin.signedAt} by ${report.origin.software}, key ${report.signature.keyId}`
        : 'broken: the report was changed, or another key signed it',
      ...(page === 'same' ? ['the page shows this report'] : []),
      ...(page === 'changed'
        ? ['the page is not what this version draws of this report: it was changed, or another version drew it']
        : []),
    ].join('\n'),
  );
  return good ? exitCodes.ok : exitCodes.failed;
}

function reportOrigin(report: SignedBiasReport) {
  return { signedAt: report.origin.signedAt, keyId: report.signature.keyId, sha256: reportText(report).sha256 };
}

/** A page is drawn from its report alone, so the same report gives the same page to the byte. */
function pageState(text: string, report: SignedBiasReport): 'same' | 'changed' {
  try {
    return text === biasReportPage(report) ? 'same' : 'changed';
  } catch {
    return 'changed';
  }
}

function parsed(text: string, file: string): SignedBiasReport {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`${file} is no JSON: ${(cause as Error).message}`);
  }
  const { origin, signature } = (value ?? {}) as Partial<SignedBiasReport>;
  if (!isBiasReport(value) || typeof origin !== 'object' || typeof signature !== 'object') {
    throw new UsageError(`${file} is no signed bias report`);
  }
  return value as SignedBiasReport;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new UsageError(`cannot read ${path}: ${(cause as Error).message}`);
  }
}
