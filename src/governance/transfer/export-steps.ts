import type { FrameHead } from '../../shared/collection-file.ts';
import type { FaceRecord, MovedFace } from '../../stores/ports/index.ts';
import { needsReceipt } from '../policy/index.ts';
import type { CannotLink, MinorMark } from '../review/index.ts';
import type { ExportSource } from './moving.ts';
import { purposeOf, type TransferParts } from './parts.ts';
import { encodeFaces, encodePayload } from './payload.ts';

/** Where an export stands. */
export type Place = NonNullable<FrameHead['next']> & Pick<FrameHead, 'lastFace'>;

/** What a frame holds, and where the next one begins. */
export interface Step {
  /** Absent in the frame that ends the file. */
  readonly payload?: Buffer;
  readonly adds?: Readonly<Partial<Record<'users' | 'consents' | 'cannotLinks' | 'minors', number>>>;
  readonly range?: FrameHead['range'];
  /** The cursor after the last face of the file up to now. */
  readonly reached?: number;
  /** The faces whose templates are in it. */
  readonly faces?: readonly MovedFace[];
  /** The faces that it says still stand. */
  readonly onRoll?: readonly FaceRecord[];
  readonly next?: NonNullable<FrameHead['next']>;
}

/** What the steps read. */
export interface StepParts {
  readonly parts: TransferParts;
  readonly source: ExportSource;
  readonly facesFrom: number | undefined;
}

/** Bytes of templates in a frame: with the rest of a face's row a frame is about 1 MiB. */
const templateBytes = 900_000;
/** Faces read at a time, half a millisecond each, before others get their turn. */
const facesAtOnce = 40;
/** An audit record names this many subjects: where each consented, each finds their export in it. */
const consentingFaces = 32;
const rowsPerFrame = 2000;
const namesPerFrame = 200;
const marksPerFrame = 1000;

/** Reads what belongs into the next frame. */
export function framePayload(place: Place, from: StepParts): Promise<Step> {
  const steps: { readonly [Part in Place['part']]: () => Promise<Step> } = {
    about: () => about(from),
    minors: () => minors(place, from),
    'cannot-links': () => cannotLinks(place, from),
    consents: () => consents(place, from),
    users: () => users(place, from),
    faces: () => faces(place, from),
    roll: () => roll(place, from),
    end: async () => ({}),
  };
  return steps[place.part]();
}

async function about({ parts, source }: StepParts): Promise<Step> {
  const { record } = source;
  let probeLinksLeftOut = 0;
  for await (const link of linksOf(parts, record.id)) if (!isMovable(link)) probeLinksLeftOut += 1;
  return {
    payload: encodePayload('about', {
      collectionCreatedAt: new Date(record.createdAtMs).toISOString(),
      tags: await source.tags(),
      probeLinksLeftOut,
    }),
    next: { part: 'minors' },
  };
}

/** Marks of those who are in the collection, also those who have grown up since: it is the other side that judges. */
async function minors({ after = '' }: Place, { parts, source }: StepParts): Promise<Step> {
  const { record } = source;
  const keyOf = ({ subject, purpose }: MinorMark) => `${subject}\n${purpose}`;
  const candidates = (await parts.minors.list())
    .filter(({ purpose }) => purpose === '*' || purpose === record.purpose)
    .filter((mark) => keyOf(mark) > after)
    .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
    .slice(0, marksPerFrame);
  const there = await Promise.all(candidates.map(({ subject }) => source.holds(subject)));
  const marks = candidates
    .filter((_, i) => there[i])
    .map(({ subject, purpose, person, reason, source: by, adultFrom }) => ({
      subject,
      purpose,
      person,
      reason,
      source: by,
      ...(adultFrom !== undefined && { adultFrom }),
    }));
  const last = candidates.at(-1);
  const isLast = candidates.length < marksPerFrame || last === undefined;
  return {
    payload: encodePayload('minors', { marks }),
    adds: { minors: marks.length },
    next: isLast ? { part: 'cannot-links' } : { part: 'minors', after: keyOf(last) },
  };
}

async function cannotLinks({ after = '' }: Place, { parts, source }: StepParts): Promise<Step> {
  const page = await parts.cannotLinks.list(source.record.id, { afterId: after, limit: marksPerFrame });
  const links = page.filter(isMovable).map(({ one, other, persons, reason, source: by }) => ({
    one,
    other,
    persons,
    reason,
    source: by,
  }));
  const last = page.length < marksPerFrame ? undefined : page.at(-1)?.linkId;
  return {
    payload: encodePayload('cannot-links', { links: links as never }),
    adds: { cannotLinks: links.length },
    next: last === undefined ? { part: 'consents' } : { part: 'cannot-links', after: last },
  };
}

async function consents({ after }: Place, { parts, source }: StepParts): Promise<Step> {
  const purpose = purposeOf(parts.policy, source.record);
  if (!needsReceipt(purpose)) {
    return { payload: encodePayload('consents', { receipts: [] }), next: { part: 'users' } };
  }
  const { names, next } = await source.names({ limit: namesPerFrame, ...(after !== undefined && { after }) });
  const receipts: unknown[] = [];
  for (const subject of names) {
    const { found } = await parts.consents.list({ subject, purpose: purpose.name, state: 'active', limit: 10 });
    for (const { kept } of found) if (kept.held !== undefined) receipts.push(kept.held.receipt);
  }
  return {
    payload: encodePayload('consents', { receipts }),
    adds: { consents: receipts.length },
    next: next === undefined ? { part: 'users' } : { part: 'consents', after: next },
  };
}

async function users({ after }: Place, { source }: StepParts): Promise<Step> {
  const { userIds, next } = await source.users({ limit: rowsPerFrame, ...(after !== undefined && { after }) });
  return {
    payload: encodePayload('users', { userIds }),
    adds: { users: userIds.length },
    next: next === undefined ? { part: 'faces' } : { part: 'users', after: next },
  };
}

async function faces(place: Place, { parts, source }: StepParts): Promise<Step> {
  const { record } = source;
  const after = cursorOf(place);
  const ofOne = parts.dimensionsOf(record.modelVersion) * Float32Array.BYTES_PER_ELEMENT;
  const most = needsReceipt(purposeOf(parts.policy, record))
    ? consentingFaces
    : Math.max(1, Math.floor(templateBytes / ofOne));
  const moved: MovedFace[] = [];
  let reached = after;
  let isLast = false;
  while (moved.length < most && !isLast) {
    const limit = Math.min(facesAtOnce, most - moved.length);
    const walked = await source.walk({ after: reached, limit, templates: true });
    for (const { face, template } of walked.faces) {
      if (template === undefined) throw new Error('a face was walked past without its template');
      const { userId: _user, modelVersion: _model, ...row } = face;
      moved.push({ ...row, template });
    }
    reached = walked.reached ?? reached;
    isLast = walked.isLast;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return {
    payload: encodeFaces(moved),
    range: { after, upTo: reached },
    reached,
    faces: moved,
    next: isLast ? { part: 'roll' } : { part: 'faces', after: String(reached) },
  };
}

/** Says which of the faces that were written still stand, and in which user, now that all are written. */
async function roll(place: Place, { source }: StepParts): Promise<Step> {
  const after = cursorOf(place);
  const { lastFace = 0 } = place;
  const walked = await source.walk({ after, upTo: lastFace, limit: rowsPerFrame, templates: false });
  const onRoll = walked.faces.map(({ face }) => face);
  const upTo = walked.isLast ? lastFace : (walked.reached ?? lastFace);
  return {
    payload: encodePayload('roll', { faces: onRoll.map(({ faceId, userId }) => [faceId, userId ?? null] as const) }),
    range: { after, upTo },
    onRoll,
    next: walked.isLast ? { part: 'end' } : { part: 'roll', after: String(upTo) },
  };
}

async function* linksOf({ cannotLinks: links }: TransferParts, collectionId: string): AsyncIterable<CannotLink> {
  for (let afterId: string | undefined = ''; afterId !== undefined; ) {
    const page: readonly CannotLink[] = await links.list(collectionId, { afterId, limit: marksPerFrame });
    yield* page;
    afterId = page.length < marksPerFrame ? undefined : page.at(-1)?.linkId;
  }
}

/** A probe image is known by a hash under this server's key, which says nothing to another. */
function isMovable({ one, other }: CannotLink): boolean {
  return !('hash' in one) && !('hash' in other);
}

function cursorOf({ after }: Place): number {
  const cursor = Number(after ?? 0);
  return Number.isSafeInteger(cursor) ? cursor : 0;
}
