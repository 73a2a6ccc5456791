import { type OwnResponseOf, ServiceError } from '../../contract/index.ts';
import {
  aboutFrame,
  addDigests,
  CollectionFileError,
  type CollectionFileHeader,
  type CollectionFrame,
  faceDigest,
  noDigest,
} from '../../shared/collection-file.ts';
import { createSealer, SealBrokenError } from '../../shared/sealing.ts';
import type { MovedFace } from '../../stores/ports/index.ts';
import { type PurposeName, purposeNames } from '../policy/index.ts';
import type { LinkEnd, MinorMark } from '../review/index.ts';
import { readMore } from './agreement.ts';
import type { ImportGuards } from './importer.ts';
import { recordMovedConsents } from './moved-consents.ts';
import type { ImportTarget, LeftReason } from './moving.ts';
import { noteSubjects, type TransferCall, type TransferParts } from './parts.ts';
import { decodeFaces, decodePayload, type MovedMinor, PayloadError } from './payload.ts';

/** What the steps work with. */
export interface WriteParts {
  readonly parts: TransferParts;
  readonly target: ImportTarget;
  readonly call: TransferCall;
  readonly guards: ImportGuards;
  readonly header: CollectionFileHeader;
  readonly dimensions: number;
  readonly signal: AbortSignal;
}

type Answer = OwnResponseOf<'WriteImport'>;
type Open = (frame: CollectionFrame) => Uint8Array;

/** The clocks of two servers differ by less. */
const clockSkewMs = 300_000;

/** Opens the sealed part of frames. */
export function openWith(fileKey: Uint8Array): Open {
  const sealer = createSealer(fileKey);
  return ({ head, sealed }) => sealer.open(sealed, aboutFrame(head));
}

/** Says in the service's terms what is wrong with a file. */
export function refusingHostile<T>(work: () => T): T {
  const said = (error: unknown): unknown => {
    if (error instanceof CollectionFileError || error instanceof PayloadError) {
      const what = error instanceof PayloadError ? `the file holds ${error.message}` : error.message;
      return new ServiceError('InvalidParameterException', `The file cannot be imported: ${what}. ${readMore}`, {
        cause: error,
      });
    }
    if (error instanceof SealBrokenError || error instanceof RangeError) {
      return new ServiceError(
        'InvalidParameterException',
        `The file cannot be imported: its key is another, or it was changed. ${readMore}`,
        { cause: error },
      );
    }
    return error;
  };
  try {
    const result = work();
    if (!(result instanceof Promise)) return result;
    return result.catch((error: unknown) => Promise.reject(said(error))) as T;
  } catch (error) {
    throw said(error);
  }
}

/** Writes what stands before the faces. Written again it changes nothing. */
export async function writeControlFrame(frame: CollectionFrame, open: Open, context: WriteParts): Promise<Answer> {
  const { target, call, parts, header, guards } = context;
  const { part } = frame.head;
  const nothing: Answer = { part, stored: 0, standing: 0, left: [], leftDigest: noDigest };
  switch (part) {
    case 'about':
      return nothing;
    case 'minors': {
      const { marks } = decodePayload('minors', open(frame));
      for (const mark of marks) await markMinor(mark, context);
      return { ...nothing, stored: marks.length };
    }
    case 'cannot-links': {
      const { links } = decodePayload('cannot-links', open(frame));
      for (const { one, other, persons, reason, source } of links) {
        await parts.cannotLinks.set({
          collectionId: target.record.id,
          purpose: target.record.purpose,
          one: one as LinkEnd,
          other: other as LinkEnd,
          // Whoever brings it in has set it here too, and does not undo it alone.
          persons: [...new Set([...persons, call.grant.person])],
          reason,
          source,
        });
      }
      return { ...nothing, stored: links.length };
    }
    case 'consents': {
      const { receipts } = decodePayload('consents', open(frame));
      const entered = await recordMovedConsents(receipts, {
        book: parts.consents,
        purpose: target.record.purpose as PurposeName,
        collectionId: target.record.id,
        sourceKeyPem: header.publicKeyPem,
        sourceKeyId: header.signature.keyId,
        by: call.grant.person,
        erasedSince: (subject, sinceMs) => guards.erasedSince(subject, sinceMs),
      });
      call.notes.count('consentsRecorded', entered.recorded.length);
      return {
        ...nothing,
        stored: entered.recorded.length,
        standing: entered.standing,
        left: countsOf(entered.left.map(({ reason }) => reason)),
        consents: entered.recorded,
      };
    }
    case 'users': {
      const { userIds } = decodePayload('users', open(frame));
      let stored = 0;
      for (const userId of userIds) {
        if (!(await target.admitsUser(userId))) continue;
        await target.createUser(userId);
        stored += 1;
      }
      return { ...nothing, stored };
    }
    default:
      throw new PayloadError(`a frame of ${part} where none is due`);
  }
}

/** Writes faces that are on the roll, and gives them to their users. Written again it stores nothing twice. */
export async function writeFaces(
  frame: CollectionFrame,
  rolls: readonly CollectionFrame[],
  open: Open,
  context: WriteParts,
): Promise<Answer> {
  const { target, call, parts, header, dimensions, signal } = context;
  const onRoll = rollOver(frame, rolls, open);
  const faces = decodeFaces(open(frame), { dimensions, nowMs: parts.clock() + clockSkewMs });
  const standing = faces.filter(({ faceId }) => onRoll.has(faceId));
  signal.throwIfAborted();
  const entered = await target.add(standing, {
    collectionId: header.collectionId,
    isOwn: header.publicKeyPem === parts.signer.publicKeyPem,
  });
  const there = [...entered.stored, ...entered.standing];
  const byUser = new Map<string, MovedFace[]>();
  for (const face of there) {
    const userId = onRoll.get(face.faceId);
    if (userId !== undefined && userId !== null) byUser.set(userId, [...(byUser.get(userId) ?? []), face]);
  }
  for (const [userId, theirs] of byUser) {
    await target.associate(
      userId,
      theirs.map(({ faceId }) => faceId),
    );
  }
  call.notes.count('facesImported', entered.stored.length);
  await noteSubjects(call, entered.stored);
  for (const { faceId, externalImageId } of there) {
    const userId = onRoll.get(faceId) ?? undefined;
    const ends = { faceId, ...(externalImageId !== undefined && { externalImageId }), ...(userId && { userId }) };
    parts.minors.seen(target.record, ends);
  }
  return {
    part: 'faces',
    stored: entered.stored.length,
    standing: entered.standing.length,
    left: countsOf(entered.left.map(({ reason }) => reason)),
    // Those that are not on the roll are not in the file's own digest either.
    leftDigest: addDigests(noDigest, ...entered.left.map(({ face }) => faceDigest(face))),
    ...(faces.length > standing.length && { gone: faces.length - standing.length }),
  };
}

/** Who still stood when the file was ended, of the faces of a frame. @throws {PayloadError} when the roll has a gap */
function rollOver(
  frame: CollectionFrame,
  rolls: readonly CollectionFrame[],
  open: Open,
): ReadonlyMap<string, string | null> {
  const onRoll = new Map<string, string | null>();
  const { range } = frame.head;
  if (range === undefined) throw new PayloadError('faces without their place');
  let covered = range.after;
  for (const roll of rolls) {
    const over = roll.head.range;
    if (roll.head.part !== 'roll' || over === undefined) throw new PayloadError('a frame of the roll that is none');
    if (over.after > covered) break;
    covered = Math.max(covered, over.upTo);
    for (const [faceId, userId] of decodePayload('roll', open(roll)).faces) onRoll.set(faceId, userId);
  }
  if (covered < range.upTo) throw new PayloadError('a roll that does not reach over the faces sent with it');
  return onRoll;
}

/** Takes over a mark unless one that lasts as long or longer stands here. */
async function markMinor(mark: MovedMinor, { parts, header }: WriteParts): Promise<void> {
  const { minors } = parts;
  const purpose = mark.purpose === '*' ? '*' : purposeNames.find((name) => name === mark.purpose);
  if (purpose === undefined || (purpose !== '*' && purpose !== header.purpose)) {
    throw new PayloadError("a minor's mark for another purpose");
  }
  const standing = (await minors.list()).find((one) => one.purpose === purpose && one.subject === mark.subject);
  if (standing !== undefined && !endsSooner(standing, mark)) return;
  await minors.mark({ ...mark, purpose });
}

function endsSooner(one: Pick<MinorMark, 'adultFrom'>, other: Pick<MinorMark, 'adultFrom'>): boolean {
  if (one.adultFrom === undefined) return false;
  return other.adultFrom === undefined || one.adultFrom < other.adultFrom;
}

function countsOf(reasons: readonly LeftReason[]): Answer['left'] {
  const counts = new Map<LeftReason, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => ({ reason, count }));
}
