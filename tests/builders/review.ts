import { randomUUID } from 'node:crypto';
import sharp from 'sharp';
import { onTestFinished } from 'vitest';
import {
  getReviewCase,
  getReviewOutcome,
  getReviewStats,
  listCannotLinks,
  listMinors,
  listReviewCases,
  markMinor,
  removeCannotLink,
  setCannotLink,
  submitReview,
  unmarkMinor,
} from '../../src/areas/review/index.ts';
import type { OwnOperationName, OwnRequestOf, OwnResponseOf } from '../../src/contract/index.ts';
import {
  type Caller,
  cannotLinksOf,
  minorsOf,
  type NewCase,
  openReview,
  type ReviewRoom,
  reviewCallerOf,
  reviewDeskOf,
} from '../../src/governance/index.ts';
import type { RoleName } from '../../src/shared/role-names.ts';
import { openMemoryStores } from '../../src/stores/memory/open-memory-stores.ts';
import type { CollectionRecord } from '../../src/stores/ports/index.ts';
import { callerWith, gateBench } from './gate.ts';
import type { WiredHouse } from './open-house.ts';

/** A day of the year 2027, so that days in tests read as days. */
export const startMs = Date.parse('2027-03-01T12:00:00Z');
export const dayMs = 86_400_000;

type Verdict = OwnRequestOf<'SubmitReview'>['decisions'][number]['verdict'];

/** Who works in the tests' house. */
const house: Readonly<Record<string, readonly RoleName[]>> = {
  sam: ['searcher'],
  sue: ['searcher'],
  rita: ['reviewer'],
  ron: ['reviewer'],
  rosa: ['reviewer'],
  // Allowed: judges the searches of others.
  both: ['searcher', 'reviewer'],
  boss: ['admin', 'searcher'],
  chief: ['admin'],
  audrey: ['auditor'],
  eve: ['enroller'],
};

/** A small JPEG of one grey, with or without metadata. */
export async function greyJpeg(grey: number, exif = false): Promise<Uint8Array> {
  const picture = sharp({ create: { width: 16, height: 16, channels: 3, background: { r: grey, g: grey, b: grey } } });
  const file = await (exif ? picture.withExif({ IFD0: { Copyright: 'the secret place' } }) : picture).jpeg().toBuffer();
  return new Uint8Array(file);
}

/** Numbers by chance, the same in every run; 0..1. @source Park and Miller, CACM 31 (1988) */
export function chance(seed = 1): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** The review room over the stores of an open house, to put cases there that nobody searched for. */
export function reviewRoomOf(house: WiredHouse): ReviewRoom {
  return openReview({
    documents: house.stores.documents,
    collections: house.stores.collections,
    clock: Date.now,
    ids: randomUUID,
    random: chance(),
    seedShare: 0,
    waitMs: () => dayMs,
    notice: () => {},
  });
}

/** The review room over memory, asked through the gate by the persons of the house. */
export async function reviewBench(
  options: { seedShare?: number; random?: () => number; roles?: Readonly<Record<string, readonly RoleName[]>> } = {},
) {
  let nowMs = startMs;
  const clock = () => nowMs;
  const notices: string[] = [];
  const stores = await openMemoryStores(clock);
  onTestFinished(() => stores.close());
  const { collections, documents } = stores;
  const roles = { ...house, ...options.roles };
  const room = openReview({
    documents,
    collections,
    clock,
    ids: randomUUID,
    random: options.random ?? chance(),
    seedShare: options.seedShare ?? 0,
    waitMs: () => 30 * dayMs,
    notice: (notice) => notices.push(notice),
  });
  const gallery = await collections.createCollection({
    id: 'gallery',
    purpose: 'family-reunification',
    modelVersion: 'm',
    dimensions: 4,
    tags: {},
    createdAtMs: nowMs,
  });
  const gate = gateBench({
    roles,
    capabilitiesFor: (grant, needs, notes, collection) => {
      const built = {
        reviewDesk: () => reviewDeskOf(room, async () => reviewCallerOf(grant, roles[grant.person] ?? []), notes),
        cannotLinks: () => cannotLinksOf(room, grant, collection as CollectionRecord, clock),
        minors: () => minorsOf(room, grant, clock),
      };
      return Object.fromEntries(needs.map((need) => [need, built[need as keyof typeof built]()]));
    },
    parts: {
      clock,
      findCollection: (id) => collections.findCollection(id),
      operations: {
        GetReviewCase: getReviewCase,
        GetReviewOutcome: getReviewOutcome,
        GetReviewStats: getReviewStats,
        ListCannotLinks: listCannotLinks,
        ListMinors: listMinors,
        ListReviewCases: listReviewCases,
        MarkMinor: markMinor,
        RemoveCannotLink: removeCannotLink,
        SetCannotLink: setCannotLink,
        SubmitReview: submitReview,
        UnmarkMinor: unmarkMinor,
      },
    },
  });
  const grey = await greyJpeg(128);

  /** Calls as a person, with one of their keys. */
  const as =
    (person: string, key: Partial<Caller> = {}) =>
    async <Name extends OwnOperationName>(name: Name, request: OwnRequestOf<Name>): Promise<OwnResponseOf<Name>> =>
      (await gate.call(name, request, callerWith({ ...key, person }))).response as never;

  const enrol = async (subject: string, crop: Uint8Array = grey): Promise<string> => {
    const faceId = randomUUID();
    await collections.addFaces('gallery', {
      imageId: randomUUID(),
      externalImageId: subject,
      modelVersion: 'm',
      faces: [{ faceId, box: { left: 0, top: 0, width: 1, height: 1 }, confidence: 99, template: templateOf(subject) }],
      maxFaces: 1000,
    });
    await room.crops.keep(gallery, { faceId, externalImageId: subject }, crop);
    return faceId;
  };

  /** Sam's search of the gallery that found these subjects' faces. */
  const open = async (faces: readonly { faceId: string; subject: string }[] = [], differences: Partial<NewCase> = {}) =>
    (
      await room.desk.open({
        kind: 'search',
        operation: 'SearchFacesByImage',
        purpose: 'family-reunification',
        collectionId: 'gallery',
        collectionCreatedAtMs: gallery.createdAtMs,
        requestedBy: 'sam',
        threshold: 80,
        model: 'm',
        probe: { hash: 'a'.repeat(64), crop: grey },
        candidates: faces.map(({ faceId, subject }, index) => ({
          faceId,
          externalImageId: subject,
          similarity: 99 - index,
        })),
        isNonMatch: async () => true,
        ...differences,
      })
    ).caseId;

  /** Judges every candidate of a case alike. */
  const judge = async (person: string, caseId: string, verdict: Verdict, notThisPerson = false) => {
    const { candidates } = await as(person)('GetReviewCase', { caseId });
    return as(person)('SubmitReview', {
      caseId,
      decisions: candidates.map(({ candidateId }) => ({
        candidateId,
        verdict,
        reason: 'I looked',
        ...(notThisPerson && { notThisPerson }),
      })),
    });
  };

  return {
    stores,
    room,
    gallery,
    gate,
    notices,
    clock,
    as,
    enrol,
    open,
    judge,
    outcome: (caseId: string, person = 'sam') => as(person)('GetReviewOutcome', { caseId }),
    pass(ms: number) {
      nowMs += ms;
    },
  };
}

function templateOf(subject: string): Float32Array {
  const angle = [...subject].reduce((sum, letter) => sum + letter.charCodeAt(0), 0);
  return new Float32Array([Math.cos(angle), Math.sin(angle), 0, 0]);
}
