import { writeFileSync } from 'node:fs';
import type { OwnResponseOf } from '../../contract/index.ts';
import { type Connection, connect, type GlobalOptions } from '../connect.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { printResult, renderTable, type Terminal } from '../output.ts';
import { pendingWords } from './keys.ts';

type Certificate = OwnResponseOf<'EraseSubject'>['certificate'];

/** Options of `likeness erase`. */
export interface EraseFlags extends GlobalOptions {
  readonly purpose?: string;
  readonly collection?: string;
  readonly face?: string;
  readonly out?: string;
}

async function through<T>(
  flags: GlobalOptions,
  terminal: Terminal,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await connect(flags, terminal, { vision: false });
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}

/** Erases a subject, or a face that bears no name. @returns the exit code: failed where something was left */
export async function runErase(subject: string | undefined, flags: EraseFlags, terminal: Terminal): Promise<number> {
  const { purpose, collection, face, out } = flags;
  const named = subject !== undefined && collection === undefined && face === undefined;
  const unnamed = subject === undefined && purpose === undefined && collection !== undefined && face !== undefined;
  if (!named && !unnamed) {
    throw new UsageError('name a subject, with --purpose or without; or a face with --collection and --face');
  }
  return through(flags, terminal, async ({ own }) => {
    const { certificate } = await own('EraseSubject', {
      ...(subject !== undefined && { subject }),
      ...(purpose !== undefined && { purpose }),
      ...(collection !== undefined && { collectionId: collection }),
      ...(face !== undefined && { faceId: face }),
    });
    if (out !== undefined) writeFileSync(out, `${JSON.stringify(certificate, undefined, 2)}\n`, { mode: 0o600 });
    printResult(terminal, flags.json === true, certificate, () => certificateText(certificate));
    const isLeft = Object.values(certificate.counts).some(({ after }) => after > 0);
    return certificate.suspendedBy === undefined && isLeft ? exitCodes.failed : exitCodes.ok;
  });
}

function certificateText(certificate: Certificate): string {
  const { suspendedBy, counts, collections, backups, exports = [], statement } = certificate;
  const held = Object.entries(counts).filter(([, { before, after }]) => before + after > 0);
  const done = held.length > 0 ? 'erased' : 'nothing was held';
  return [
    suspendedBy === undefined ? done : `suspended by the legal hold ${suspendedBy.join(', ')}`,
    ...held.map(([kind, { before, after }]) => `  ${kind}: ${before} before, ${after} after`),
    ...(Object.keys(collections).length > 0 ? [`  in ${Object.keys(collections).join(', ')}`] : []),
    `certificate ${certificate.certificateId} of ${certificate.at}`,
    ...backups.map(({ backupId, expiresAt }) => `backup ${backupId} holds it until ${expiresAt}`),
    ...exports.map(
      ({ exportId, collectionId, createdAt }) =>
        `a file exported from ${collectionId} on ${createdAt} may hold it (export ${exportId}): delete it, and erase it where it was imported`,
    ),
    statement,
  ].join('\n');
}

/** Lists the erasures, or shows the certificate of one. */
export async function runErasures(
  certificateId: string | undefined,
  flags: GlobalOptions,
  terminal: Terminal,
): Promise<void> {
  await through(flags, terminal, async ({ own }) => {
    if (certificateId !== undefined) {
      const found = await own('GetErasureCertificate', { certificateId });
      printResult(terminal, flags.json === true, found, () =>
        found.certificate === undefined
          ? 'begun and not ended; the next start of the server ends it'
          : certificateText(found.certificate),
      );
      return;
    }
    const erasures: OwnResponseOf<'ListErasures'>['erasures'][number][] = [];
    for (let after: string | undefined; ; ) {
      const page: OwnResponseOf<'ListErasures'> = await own('ListErasures', { ...(after !== undefined && { after }) });
      erasures.push(...page.erasures);
      after = page.next;
      if (after === undefined) break;
    }
    printResult(terminal, flags.json === true, erasures, () =>
      renderTable(
        erasures,
        [
          { title: 'certificate', value: (erasure) => erasure.certificateId },
          { title: 'state', value: (erasure) => erasure.state },
          { title: 'reason', value: (erasure) => erasure.certificate?.reason },
          { title: 'purpose', value: (erasure) => erasure.certificate?.purpose ?? 'all' },
          { title: 'faces', value: (erasure) => erasure.certificate?.counts.faces?.before, align: 'right' },
        ],
        'nothing was erased yet',
      ),
    );
  });
}

/** Tells what runs out when. */
export async function runRetentionStatus(flags: GlobalOptions, terminal: Terminal): Promise<void> {
  await through(flags, terminal, async ({ own }) => {
    const collections: OwnResponseOf<'ListRetention'>['collections'][number][] = [];
    let status: OwnResponseOf<'ListRetention'>;
    for (let after: string | undefined; ; ) {
      status = await own('ListRetention', { ...(after !== undefined && { after }) });
      collections.push(...status.collections);
      after = status.next;
      if (after === undefined) break;
    }
    const { clock, why, lastSweptAt } = status;
    const told = { clock, ...(why !== undefined && { why }), ...(lastSweptAt && { lastSweptAt }), collections };
    printResult(terminal, flags.json === true, told, () =>
      [
        ...(why === undefined ? [] : [why]),
        `last swept ${lastSweptAt ?? 'never'}`,
        renderTable(
          collections,
          [
            { title: 'collection', value: (row) => row.collectionId },
            { title: 'purpose', value: (row) => row.purpose },
            { title: 'faces', value: (row) => row.faces, align: 'right' },
            { title: 'days', value: (row) => row.maxDays, align: 'right' },
            { title: 'unused', value: (row) => row.idleDays, align: 'right' },
            { title: 'oldest ends', value: (row) => row.oldestFaceEndsAt?.slice(0, 10) },
            { title: 'all ends', value: (row) => row.endsAt?.slice(0, 10) },
            { title: 'due in 30 days', value: (row) => row.facesDueWithin30Days, align: 'right' },
            { title: 'hold', value: (row) => (row.onHold ? 'yes' : undefined) },
          ],
          'no collection',
        ),
      ].join('\n'),
    );
  });
}

/** Erases what has run out. @returns the exit code */
export async function runRetentionSweep(
  flags: GlobalOptions & { readonly acceptClock?: boolean },
  terminal: Terminal,
): Promise<number> {
  return through(flags, terminal, async ({ own }) => {
    const swept = await own('RunRetentionSweep', { ...(flags.acceptClock === true && { acceptClock: true }) });
    printResult(terminal, flags.json === true, swept, () =>
      swept.state === 'paused'
        ? (swept.why ?? 'paused')
        : [
            `erased ${swept.faces} faces, ${swept.users} users, ${swept.collections} collections and ${swept.subjects} subjects whose consent had run out`,
            ...(swept.backups > 0 ? [`deleted ${swept.backups} expired backups`] : []),
            ...(swept.held > 0 ? [`${swept.held} are due and kept by a legal hold`] : []),
            ...swept.failures,
          ].join('\n'),
    );
    if (swept.state === 'paused') return exitCodes.failed;
    return swept.failures.length > 0 ? exitCodes.partly : exitCodes.ok;
  });
}

/** Options of `likeness legal-hold place`. */
export interface PlaceHoldFlags extends GlobalOptions {
  readonly subject?: string;
  readonly purpose?: string;
  readonly collection?: string;
  readonly reason: string;
}

/** Proposes a legal hold. */
export async function runPlaceHold(flags: PlaceHoldFlags, terminal: Terminal): Promise<void> {
  const { subject, purpose, collection, reason } = flags;
  if ((subject === undefined) === (collection === undefined)) {
    throw new UsageError('name either --subject or --collection');
  }
  await through(flags, terminal, async ({ own }) => {
    const outcome = await own('PlaceLegalHold', {
      reason,
      ...(subject !== undefined && { subject }),
      ...(purpose !== undefined && { purpose }),
      ...(collection !== undefined && { collectionId: collection }),
    });
    printResult(terminal, flags.json === true, outcome, () => pendingWords('place the legal hold', outcome));
  });
}

/** Proposes the end of a legal hold. */
export async function runReleaseHold(holdId: string, flags: GlobalOptions, terminal: Terminal): Promise<void> {
  await through(flags, terminal, async ({ own }) => {
    const outcome = await own('ReleaseLegalHold', { holdId });
    printResult(terminal, flags.json === true, outcome, () => pendingWords('release the legal hold', outcome));
  });
}

/** Lists legal holds. */
export async function runListHolds(flags: GlobalOptions, terminal: Terminal): Promise<void> {
  await through(flags, terminal, async ({ own }) => {
    const holds: OwnResponseOf<'ListLegalHolds'>['holds'][number][] = [];
    for (let after: string | undefined; ; ) {
      const page: OwnResponseOf<'ListLegalHolds'> = await own('ListLegalHolds', {
        ...(after !== undefined && { after }),
      });
      holds.push(...page.holds);
      after = page.next;
      if (after === undefined) break;
    }
    printResult(terminal, flags.json === true, holds, () =>
      renderTable(
        holds,
        [
          { title: 'hold', value: (hold) => hold.holdId },
          { title: 'keeps', value: (hold) => hold.subject ?? `collection ${hold.collectionId}` },
          { title: 'purpose', value: (hold) => hold.purpose ?? 'all' },
          { title: 'reason', value: (hold) => hold.reason },
          { title: 'by', value: (hold) => `${hold.proposedBy}, ${hold.approvedBy}` },
          { title: 'since', value: (hold) => hold.placedAt.slice(0, 10) },
          { title: 'released', value: (hold) => hold.releasedAt?.slice(0, 10) },
        ],
        'no legal hold',
      ),
    );
  });
}

/** Looks for what is left of those who were erased. @returns the exit code: failed where something is */
export async function runOrphans(flags: GlobalOptions, terminal: Terminal): Promise<number> {
  return through(flags, terminal, async ({ own }) => {
    terminal.note('Looking through everything that is kept of people ...');
    const scan = await own('RunOrphanScan', {});
    printResult(terminal, flags.json === true, scan, () =>
      [
        `looked at ${scan.looked} things of people against ${scan.tombstones} tombstones`,
        renderTable(
          scan.orphans,
          [
            { title: 'what', value: (orphan) => orphan.what },
            { title: 'kept by', value: (orphan) => orphan.source },
            { title: 'collection', value: (orphan) => orphan.collectionId },
            { title: 'erased under', value: (orphan) => orphan.certificateId },
            { title: 'at', value: (orphan) => orphan.erasedAt },
          ],
          'nothing is left of anyone who was erased',
        ),
        ...(scan.orphans.length > 0 ? ['start the server again: it erases them before it serves'] : []),
      ].join('\n'),
    );
    return scan.orphans.length > 0 ? exitCodes.failed : exitCodes.ok;
  });
}
