import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writePrivateFile } from '../../compose.ts';
import type { OwnRequestOf, OwnResponseOf, SignedConsentReceipt } from '../../contract/index.ts';
import { type Connection, configOf, connect, type GlobalOptions } from '../connect.ts';
import { UsageError } from '../exit-codes.ts';
import { printResult, renderTable, type Terminal } from '../output.ts';

/** Options of `likeness consent grant`. */
export interface GrantFlags extends GlobalOptions {
  readonly purpose: string;
  readonly method: string;
  readonly notice?: string;
  readonly noticeUrl?: string;
  readonly noticeSha256?: string;
  readonly language?: string;
  readonly granted?: string;
  readonly expires?: string;
  readonly minor?: boolean;
  readonly guardian?: string;
  readonly relation?: string;
  readonly legalBasis?: string;
  readonly evidence?: string;
  readonly controller?: string;
  readonly out?: string;
  readonly printToken?: boolean;
}

/** The terms of a consent as options and columns say them, empty ones left out. */
export function termsOf(
  said: {
    readonly [Name in keyof Omit<GrantFlags, keyof GlobalOptions | 'notice' | 'minor' | 'out' | 'printToken'>]?:
      | string
      | undefined;
  } & { readonly subject: string; readonly noticeText?: string | undefined; readonly minor?: boolean },
): OwnRequestOf<'GrantConsent'> {
  const terms: Record<string, unknown> = {
    subject: said.subject,
    purpose: said.purpose,
    method: said.method,
    grantedAt: said.granted,
    expiresAt: said.expires,
    noticeText: said.noticeText,
    noticeUrl: said.noticeUrl,
    noticeSha256: said.noticeSha256,
    language: said.language,
    controller: said.controller,
    legalBasis: said.legalBasis,
    evidence: said.evidence,
    ...(said.minor && { minor: true }),
    ...((said.guardian !== undefined || said.relation !== undefined) && {
      guardian: { name: said.guardian ?? '', relation: said.relation ?? '' },
    }),
  };
  return Object.fromEntries(
    Object.entries(terms).filter(([, value]) => value !== undefined),
  ) as unknown as OwnRequestOf<'GrantConsent'>;
}

/** Records a consent and writes receipt and token where only the operator can read them. */
export async function runGrantConsent(subject: string, flags: GrantFlags, terminal: Terminal): Promise<void> {
  if (flags.notice === undefined && (flags.noticeUrl === undefined || flags.noticeSha256 === undefined)) {
    throw new UsageError('say what the person was told: --notice, or --notice-url with --notice-sha256');
  }
  const noticeText = flags.notice === undefined ? undefined : noticeOf(flags.notice);
  const request = termsOf({ ...flags, subject, noticeText });
  await through(flags, terminal, async (own) => {
    const { receiptId, created, receipt, token } = await own('GrantConsent', request);
    const file = flags.out ?? join(configOf(flags).dataDir, 'receipts', `${receiptId}.json`);
    if (created || flags.out !== undefined) {
      writePrivateFile(file, `${JSON.stringify({ receipt, ...(token !== undefined && { token }) }, undefined, 2)}\n`);
    }
    const printed = flags.printToken === true && token !== undefined ? { token } : {};
    printResult(terminal, flags.json === true, { receiptId, created, file, ...printed }, () =>
      [
        created
          ? `recorded ${receiptId}; it holds until ${receipt.event.valid_until}`
          : `${receiptId} records the very same consent already`,
        ...(created ? [`receipt and token are in ${file} (only you can read it): give them to the person`] : []),
        ...(flags.printToken === true && token !== undefined ? [`token: ${token}`] : []),
      ].join('\n'),
    );
  });
}

/** @throws {UsageError} when it cannot be read */
function noticeOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new UsageError(`the notice ${file} cannot be read: ${cause instanceof Error ? cause.message : cause}`);
  }
}

/** Ends a consent; what is held of the subject is erased when this answers. */
export async function runWithdrawConsent(
  receiptId: string | undefined,
  flags: GlobalOptions & { readonly subject?: string; readonly purpose?: string },
  terminal: Terminal,
): Promise<void> {
  if ((receiptId === undefined) === (flags.subject === undefined || flags.purpose === undefined)) {
    throw new UsageError('name either a receipt, or --subject with --purpose');
  }
  const request =
    receiptId === undefined ? { subject: flags.subject ?? '', purpose: flags.purpose ?? '' } : { receiptId };
  await through(flags, terminal, async (own) => {
    const answer = await own('WithdrawConsent', request);
    printResult(terminal, flags.json === true, answer, () => endingText('withdrawn', answer));
  });
}

/** Prints a receipt as a person reads it. */
export async function runShowConsent(
  receiptId: string,
  flags: GlobalOptions & { readonly out?: string },
  terminal: Terminal,
): Promise<void> {
  await through(flags, terminal, async (own) => {
    const answer = await own('GetConsent', { receiptId });
    if (flags.out !== undefined) writePrivateFile(flags.out, `${JSON.stringify(answer, undefined, 2)}\n`);
    printResult(terminal, flags.json === true, answer, () =>
      [
        ...receiptLines(answer),
        ...(flags.out === undefined ? [] : [`written to ${flags.out} (only you can read it)`]),
      ].join('\n'),
    );
  });
}

/** Lists receipts. */
export async function runListConsents(
  flags: GlobalOptions & { readonly subject?: string; readonly purpose?: string; readonly state?: string },
  terminal: Terminal,
): Promise<void> {
  await through(flags, terminal, async (own) => {
    const receipts: OwnResponseOf<'ListConsents'>['receipts'][number][] = [];
    for (let after: string | undefined, more = true; more; more = after !== undefined) {
      const page: OwnResponseOf<'ListConsents'> = await own('ListConsents', {
        limit: 1000,
        ...(flags.subject !== undefined && { subject: flags.subject }),
        ...(flags.purpose !== undefined && { purpose: flags.purpose }),
        ...(flags.state !== undefined && { state: flags.state as 'active' }),
        ...(after !== undefined && { after }),
      });
      receipts.push(...page.receipts);
      after = page.next;
    }
    printResult(terminal, flags.json === true, receipts, () =>
      renderTable(
        receipts,
        [
          { title: 'receipt', value: (row) => row.receiptId },
          { title: 'subject', value: (row) => row.subject },
          { title: 'purpose', value: (row) => row.purpose },
          { title: 'state', value: (row) => row.state },
          { title: 'method', value: (row) => row.method },
          { title: 'minor', value: (row) => (row.minor ? 'yes' : 'no') },
          { title: 'granted', value: (row) => row.grantedAt },
          { title: 'expires', value: (row) => row.expiresAt },
        ],
        'no receipt',
      ),
    );
  });
}

/** Options of the two commands about objections. */
export interface ObjectionFlags extends GlobalOptions {
  readonly purpose: string;
  readonly method: string;
  readonly evidence?: string;
}

/** Records that the subject itself objects. */
export async function runObject(subject: string, flags: ObjectionFlags, terminal: Terminal): Promise<void> {
  await through(flags, terminal, async (own) => {
    const answer = await own('RecordObjection', statementOf(subject, flags));
    printResult(terminal, flags.json === true, answer, () =>
      [
        endingText('ended by the objection', answer),
        'no consent for this subject counts until it takes that back',
      ].join('\n'),
    );
  });
}

/** Records that the subject took its objection back. */
export async function runLiftObjection(subject: string, flags: ObjectionFlags, terminal: Terminal): Promise<void> {
  await through(flags, terminal, async (own) => {
    const answer = await own('LiftObjection', statementOf(subject, flags));
    printResult(terminal, flags.json === true, answer, () => 'the objection is lifted; consent can be recorded again');
  });
}

function statementOf(subject: string, { purpose, method, evidence }: ObjectionFlags): OwnRequestOf<'RecordObjection'> {
  const how = method as OwnRequestOf<'RecordObjection'>['method'];
  return { subject, purpose, method: how, ...(evidence !== undefined && { evidence }) };
}

function endingText(how: string, { receipts, certificate }: OwnResponseOf<'WithdrawConsent'>): string {
  const counts = Object.entries(certificate.counts)
    .filter(([, { before, after }]) => before > 0 || after > 0)
    .map(([kind, { before, after }]) => `  ${kind}: ${before} before, ${after} after`);
  return [
    `${receipts.length === 1 ? '1 receipt' : `${receipts.length} receipts`} ${how}`,
    certificate.suspendedBy === undefined
      ? ['erased', ...(counts.length > 0 ? counts : ['  nothing was held'])].join('\n')
      : 'nothing is erased yet: a legal hold forbids it; no search finds the subject meanwhile',
    `certificate ${certificate.certificateId}; print it with \`likeness erasures ${certificate.certificateId}\``,
  ].join('\n');
}

function receiptLines({ summary, receipt, withdrawal }: OwnResponseOf<'GetConsent'>): readonly string[] {
  const lines: [string, string | undefined][] = [
    ['receipt', summary.receiptId],
    ['state', summary.state],
    ['purpose', summary.purpose],
    ['subject', summary.subject ?? 'erased'],
    ['granted', summary.grantedAt],
    ['expires', summary.expiresAt],
    ['ended', summary.endedAt],
    ['method', summary.method],
    ['minor', summary.minor ? 'yes' : 'no'],
    ...(receipt === undefined ? [] : detailsOf(receipt)),
    ['notice', `sha256 ${summary.noticeSha256}`],
    ['proof', `sha256 ${summary.receiptSha256}`],
    ['end signed', withdrawal && `by key ${withdrawal.signature.keyId}`],
  ];
  return lines.flatMap(([title, value]) => (value === undefined ? [] : [`${title.padEnd(12)}${value}`]));
}

function detailsOf(receipt: SignedConsentReceipt): [string, string | undefined][] {
  const [purpose] = receipt.processing.purposes;
  return [
    ['basis', purpose?.lawful_basis],
    ['law', purpose?.legal_basis_reference],
    ...receipt.parties.map(({ party_type, party_name, relation }): [string, string] => [
      party_type,
      relation === undefined ? party_name : `${party_name} (${relation})`,
    ]),
    ['recorded', `${receipt.event.recorded_at} by ${receipt.event.recorded_by}`],
    ['evidence', receipt.event.evidence],
    ['signed', `by key ${receipt.signature.keyId}`],
  ];
}

/** Reaches the own operations without loading a model. */
async function through(
  flags: GlobalOptions,
  terminal: Terminal,
  work: (own: Connection['own']) => Promise<void>,
): Promise<void> {
  const connection = await connect(flags, terminal, { vision: false });
  try {
    await work(connection.own);
  } finally {
    await connection.close();
  }
}
