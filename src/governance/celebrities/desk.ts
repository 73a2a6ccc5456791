import { limits, type OwnRequestOf, type OwnResponseOf, ServiceError } from '../../contract/index.ts';
import type { FaceTemplate } from '../../vision/index.ts';
import type { FaceSearch } from '../capabilities.ts';
import { effectiveThreshold } from '../enforce/floor.ts';
import type { PseudonymOf } from '../enforce/note-subjects.ts';
import type { Grant } from '../grant.ts';
import type { GrantNotes } from '../notes.ts';
import type { Eraser } from '../retention/eraser-port.ts';
import { type CelebrityBook, optedOut } from './book.ts';
import { type Celebrity, type CelebrityCard, cardOf, type GalleryRecord } from './celebrity.ts';
import { galleryPurpose } from './gallery.ts';
import type { CelebrityOptOut, CelebrityOptOuts } from './opt-outs.ts';

/** A public figure who was recognised. */
export interface RecognizedCelebrity {
  readonly celebrity: CelebrityCard;
  /** Calibrated, from the floor to 100. */
  readonly similarity: number;
}

/** Recognises public figures by the gallery. */
export interface CelebritySearch {
  /** Undefined where no gallery stands: nobody is recognised then, and no template is needed. */
  readonly gallery:
    | {
        readonly modelVersion: string;
        /** Who a face is, at the floor of the gallery's purpose; undefined for everyone else, and for who must not be told. */
        recognize(template: FaceTemplate, signal: AbortSignal): Promise<RecognizedCelebrity | undefined>;
      }
    | undefined;
}

/** Tells what is recorded of a public figure by the id that recognising told. */
export interface CelebrityReader {
  find(celebrityId: string): Promise<CelebrityCard | undefined>;
}

/** What a photo shows beside the person it is said to show. */
export type PhotoVerdict = 'fits' | 'unlike' | 'like-another';

/** Keeps the gallery of public figures, in the caller's name. */
export interface CelebrityDesk {
  put(request: OwnRequestOf<'PutCelebrity'>): Promise<OwnResponseOf<'PutCelebrity'>>;
  list(page: OwnRequestOf<'ListCelebrities'>): Promise<OwnResponseOf<'ListCelebrities'>>;
  /** @throws {ServiceError} ResourceNotFoundException */
  describe(celebrityId: string): Promise<OwnResponseOf<'DescribeCelebrity'>>;
  /** @throws {ServiceError} ResourceNotFoundException */
  remove(celebrityId: string): Promise<OwnResponseOf<'RemoveCelebrity'>>;
  /** @throws {ServiceError} ResourceNotFoundException, AccessDeniedException for who opted out */
  requireAdmitted(celebrityId: string): Promise<void>;
  /** Says whether a face is like this person's others and like nobody else's; never like whose. */
  judge(celebrityId: string, template: FaceTemplate, signal: AbortSignal): Promise<PhotoVerdict>;
}

/** Keeps the list of who asked not to be recognised, in the caller's name. */
export interface CelebrityOptOutDesk {
  /** @throws {ServiceError} InvalidParameterException, ResourceNotFoundException */
  add(request: OwnRequestOf<'AddCelebrityOptOut'>): Promise<OwnResponseOf<'AddCelebrityOptOut'>>;
  list(page: OwnRequestOf<'ListCelebrityOptOuts'>): OwnResponseOf<'ListCelebrityOptOuts'>;
  /** @throws {ServiceError} ResourceNotFoundException */
  remove(request: OwnRequestOf<'RemoveCelebrityOptOut'>): Promise<OwnResponseOf<'RemoveCelebrityOptOut'>>;
}

const defaultPage = 50;
/** Faces that are looked at for another person's; beyond, all are the person's own or nameless. */
const depth = 64;

/**
 * Recognising over a gallery.
 *
 * @param search held to all that stands before a search, with {@link tellCelebrities} among it
 * @param gallery undefined where none stands
 */
export function celebritySearchOf(
  over:
    | { readonly search: FaceSearch; readonly gallery: GalleryRecord & { readonly modelVersion: string } }
    | undefined,
  { book }: { readonly book: CelebrityBook },
  grant: Pick<Grant, 'similarityFloor'>,
): CelebritySearch {
  if (over === undefined) return { gallery: undefined };
  const { search, gallery } = over;
  return {
    gallery: {
      modelVersion: gallery.modelVersion,
      async recognize(template, signal) {
        const [hit] = await search.searchFaces(template, { threshold: grant.similarityFloor, limit: 1 }, signal);
        if (hit === undefined) return undefined;
        const celebrity = await book.standingOf(gallery, hit.face);
        // Erased or opted out since the search found them.
        if (typeof celebrity === 'string') return undefined;
        return { celebrity: cardOf(celebrity), similarity: hit.similarity };
      },
    },
  };
}

/** Reading over a gallery; undefined where none stands. */
export function celebrityReaderOf(book: CelebrityBook, gallery: GalleryRecord | undefined): CelebrityReader {
  return {
    async find(celebrityId) {
      const celebrity = gallery && (await book.findTold(gallery, celebrityId));
      return celebrity && cardOf(celebrity);
    },
  };
}

/** What the desk stands on. */
export interface CelebrityDeskParts {
  readonly book: CelebrityBook;
  readonly optOuts: CelebrityOptOuts;
  readonly eraser: Eraser;
}

/**
 * The desk for one grant.
 *
 * @param over.search held to minors, cannot-links and suspended erasures
 * @param over.ownSimilarity of a template to the best of a person's faces, 0..100; undefined without any
 */
export function celebrityDeskOf(
  { book, optOuts, eraser }: CelebrityDeskParts,
  grant: Pick<Grant, 'person' | 'similarityFloor'>,
  notes: GrantNotes,
  over: {
    readonly gallery: GalleryRecord;
    readonly search: FaceSearch;
    readonly ownSimilarity: (celebrityId: string, template: FaceTemplate) => Promise<number | undefined>;
    readonly pseudonymOf: PseudonymOf;
  },
): CelebrityDesk {
  const { gallery, search, ownSimilarity } = over;

  const require = async (celebrityId: string): Promise<Celebrity> => {
    const celebrity = await book.find(gallery, celebrityId);
    if (celebrity === undefined) throw unknownCelebrity(celebrityId);
    return celebrity;
  };
  const note = async (celebrityId: string): Promise<void> => {
    const pseudonym = await over.pseudonymOf(celebrityId);
    if (pseudonym !== undefined) notes.subject(pseudonym);
  };
  const told = async (celebrity: Celebrity) => ({
    celebrityId: celebrity.celebrityId,
    name: celebrity.name,
    ...(celebrity.wikidata !== undefined && { wikidata: celebrity.wikidata }),
    urls: celebrity.urls,
    ...(celebrity.knownGender !== undefined && { knownGender: celebrity.knownGender }),
    faces: (await book.facesOf(gallery, celebrity.celebrityId)).length,
    storedAt: new Date(celebrity.storedAtMs).toISOString(),
    isOptedOut: optOuts.covers(celebrity),
  });

  return {
    async put(request) {
      const { celebrity, isNew } = await book.put(gallery, request, grant.person);
      await note(celebrity.celebrityId);
      return { celebrity: await told(celebrity), created: isNew };
    },
    async list({ after, limit = defaultPage }) {
      const page = await book.list(gallery, { limit, ...(after !== undefined && { afterId: after }) });
      const last = page.at(-1);
      return {
        celebrities: await Promise.all(page.map(told)),
        ...(last !== undefined && page.length === limit && { next: last.celebrityId }),
      };
    },
    async describe(celebrityId) {
      const celebrity = await require(celebrityId);
      const faces = await book.facesOf(gallery, celebrityId);
      return { celebrity: await told(celebrity), faceIds: faces.map(({ faceId }) => faceId) };
    },
    async remove(celebrityId) {
      await require(celebrityId);
      await note(celebrityId);
      const { certificateId, suspendedBy } = await eraseFrom(eraser, celebrityId, 'erasure-request', grant.person);
      if (suspendedBy === undefined) notes.count('subjectsErased', 1);
      return { celebrityId, certificateId, isSuspended: suspendedBy !== undefined };
    },
    async requireAdmitted(celebrityId) {
      const celebrity = await require(celebrityId);
      if (optOuts.covers(celebrity)) throw optedOut();
    },
    async judge(celebrityId, template, signal) {
      const threshold = effectiveThreshold(limits.defaultMatchThreshold, grant);
      const found = await search.searchFaces(template, { threshold, limit: depth }, signal);
      for (const { face, similarity } of found) {
        if (similarity < threshold || face.externalImageId === celebrityId || face.userId === celebrityId) continue;
        if ((await book.standingOf(gallery, face)) !== 'nameless') return 'like-another';
      }
      const own = await ownSimilarity(celebrityId, template);
      return own === undefined || own >= threshold ? 'fits' : 'unlike';
    },
  };
}

/** The opt-out list for one grant. @param gallery undefined where none stands */
export function celebrityOptOutsOf(
  { book, optOuts, eraser }: CelebrityDeskParts,
  grant: Pick<Grant, 'person'>,
  notes: GrantNotes,
  gallery: GalleryRecord | undefined,
): CelebrityOptOutDesk {
  const told = ({ recordedAtMs, ...optOut }: CelebrityOptOut) => ({
    ...optOut,
    recordedAt: new Date(recordedAtMs).toISOString(),
  });
  return {
    async add({ name, wikidata, celebrityId, reason }) {
      if (name === undefined && wikidata === undefined && celebrityId === undefined) {
        throw new ServiceError('InvalidParameterException', 'Name the person by name, wikidata or celebrityId.');
      }
      const known = celebrityId === undefined ? undefined : gallery && (await book.find(gallery, celebrityId));
      if (celebrityId !== undefined && known === undefined) throw unknownCelebrity(celebrityId);
      const wanted = {
        ...((name ?? known?.name) !== undefined && { name: name ?? known?.name ?? '' }),
        ...((wikidata ?? known?.wikidata) !== undefined && { wikidata: wikidata ?? known?.wikidata ?? '' }),
      };
      const about = {
        ...wanted,
        optOutId: '',
        celebrityIds: known ? [known.celebrityId] : [],
        person: '',
        recordedAtMs: 0,
      };
      const covered = gallery === undefined ? [] : await book.coveredBy(gallery, about);
      // The list first: from here on nobody is told of them, whatever becomes of the erasure.
      const optOut = await optOuts.add({
        ...wanted,
        celebrityIds: covered.map((one) => one.celebrityId),
        person: grant.person,
        ...(reason !== undefined && { reason }),
      });
      let removed = 0;
      for (const one of covered) {
        const { suspendedBy } = await eraseFrom(eraser, one.celebrityId, 'objection', grant.person);
        if (suspendedBy === undefined) removed += 1;
      }
      notes.count('subjectsErased', removed);
      return { optOut: told(optOut), removed, suspended: covered.length - removed };
    },
    list({ after, limit = defaultPage }) {
      const all = optOuts.list();
      const from = after === undefined ? 0 : all.findIndex(({ optOutId }) => optOutId === after) + 1;
      const page = all.slice(from, from + limit);
      const last = page.at(-1);
      return {
        optOuts: page.map(told),
        ...(last !== undefined && from + page.length < all.length && { next: last.optOutId }),
      };
    },
    async remove({ optOutId, reason }) {
      if (!(await optOuts.remove(optOutId, { person: grant.person, reason }))) {
        throw new ServiceError('ResourceNotFoundException', `There is no opt-out ${optOutId}.`);
      }
      return { optOutId };
    },
  };
}

/** Erases who came back by other ways than the desk: with a backup, or by an operation on the collection. */
export async function eraseOptedOut(
  { book, optOuts, eraser }: CelebrityDeskParts,
  gallery: GalleryRecord,
): Promise<number> {
  let erased = 0;
  for (const optOut of optOuts.list()) {
    const ids = new Set([
      ...optOut.celebrityIds,
      ...(await book.coveredBy(gallery, optOut)).map(({ celebrityId }) => celebrityId),
    ]);
    for (const celebrityId of ids) {
      const isThere =
        (await book.find(gallery, celebrityId)) !== undefined || (await book.facesOf(gallery, celebrityId)).length > 0;
      if (!isThere) continue;
      await eraseFrom(eraser, celebrityId, 'objection', 'likeness');
      erased += 1;
    }
  }
  return erased;
}

function eraseFrom(
  eraser: Eraser,
  subject: string,
  reason: 'erasure-request' | 'objection',
  requestedBy: string,
): ReturnType<Eraser['eraseSubject']> {
  return eraser.eraseSubject({ subject, purpose: galleryPurpose, reason, requestedBy });
}

function unknownCelebrity(celebrityId: string): ServiceError {
  return new ServiceError('ResourceNotFoundException', `The celebrity ${celebrityId} is not in the gallery.`);
}
