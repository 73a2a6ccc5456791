import { randomInt } from 'node:crypto';
import { ServiceError } from '../../contract/index.ts';
import {
  type CollectionStore,
  type DocumentStore,
  type DocumentView,
  type FaceRecord,
  StoreError,
} from '../../stores/ports/index.ts';
import { documentsOf } from '../document-pages.ts';
import { documentSource } from '../retention/document-source.ts';
import type { ErasureSource } from '../retention/erasure-source.ts';
import type { Minors } from '../review/minors.ts';
import { type Celebrity, foldedName, type GalleryRecord, type KnownGender } from './celebrity.ts';
import { galleryPurpose } from './gallery.ts';
import type { CelebrityOptOut, CelebrityOptOuts } from './opt-outs.ts';

/** What is to be recorded of a public figure; what is left out stays as it is. */
export interface CelebrityDetails {
  readonly celebrityId?: string | undefined;
  readonly name: string;
  readonly wikidata?: string | undefined;
  readonly urls?: readonly string[] | undefined;
  readonly knownGender?: KnownGender | undefined;
}

/** Who a face of the gallery is: `nameless` where nothing is recorded, `untold` where it must not be said. */
export type FaceStanding = Celebrity | 'nameless' | 'untold';

/** Keeps what is recorded of public figures, and knows of whom nothing may be told. */
export interface CelebrityBook {
  find(gallery: GalleryRecord, celebrityId: string): Promise<Celebrity | undefined>;
  /** As {@link CelebrityBook.find}, unless they opted out, are a marked minor, are to be erased, or have no face there. */
  findTold(gallery: GalleryRecord, celebrityId: string): Promise<Celebrity | undefined>;
  standingOf(gallery: GalleryRecord, face: Pick<FaceRecord, 'externalImageId' | 'userId'>): Promise<FaceStanding>;
  /** @throws {ServiceError} AccessDeniedException for who opted out, ConflictException, InvalidParameterException */
  put(
    gallery: GalleryRecord,
    wanted: CelebrityDetails,
    person: string,
  ): Promise<{ celebrity: Celebrity; isNew: boolean }>;
  /** In the order of ids. */
  list(gallery: GalleryRecord, page: { afterId?: string; limit: number }): Promise<readonly Celebrity[]>;
  /** Those whom an opt-out is about. */
  coveredBy(gallery: GalleryRecord, optOut: CelebrityOptOut): Promise<readonly Celebrity[]>;
  facesOf(gallery: GalleryRecord, celebrityId: string): Promise<readonly FaceRecord[]>;
  forgetCollection(collectionId: string): Promise<void>;
  /** Forgets those whose gallery is gone, and those who have had no face for an hour. */
  sweep(): Promise<void>;
  readonly erasureSource: ErasureSource;
}

/** What the book stands on. */
export interface CelebrityBookParts {
  readonly documents: DocumentStore;
  readonly collections: Pick<CollectionStore, 'findCollection' | 'findFacesOfSubject'>;
  readonly optOuts: Pick<CelebrityOptOuts, 'covers'>;
  readonly minors: Pick<Minors, 'isMinor'>;
  /** Whether a legal hold suspends their erasure. */
  hides(gallery: GalleryRecord, celebrityId: string): boolean;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

const kind = 'celebrity';
/** One less than Rekognition's 255, for the page of the Wikidata id. */
const mostUrls = 254;
const idLength = 10;
const idAlphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** Whoever is recorded gets photos after it, and photos may be replaced. */
const facelessMs = 3_600_000;

/** Keeps public figures among the sealed documents, bound to their gallery. */
export function createCelebrityBook(parts: CelebrityBookParts): CelebrityBook {
  const { documents, collections, optOuts, minors, clock } = parts;

  const within = (gallery: GalleryRecord, body: unknown): Celebrity | undefined => {
    const celebrity = body as Celebrity;
    return celebrity.collectionCreatedAtMs === gallery.createdAtMs ? celebrity : undefined;
  };
  const get = (view: DocumentView, gallery: GalleryRecord, celebrityId: string): Celebrity | undefined => {
    const kept = view.get(kind, documentId(gallery.id, celebrityId));
    return kept && within(gallery, kept.body);
  };
  const named = (view: DocumentView, gallery: GalleryRecord, under: string, value: string): readonly Celebrity[] =>
    view
      .named(kind, under, keyIn(gallery.id, value), { limit: 100 })
      .flatMap(({ body }) => within(gallery, body) ?? []);
  const find = (gallery: GalleryRecord, celebrityId: string) =>
    documents.read((view) => get(view, gallery, celebrityId));
  const isUntold = async (gallery: GalleryRecord, celebrity: Celebrity): Promise<boolean> => {
    const { celebrityId } = celebrity;
    return (
      optOuts.covers(celebrity) ||
      parts.hides(gallery, celebrityId) ||
      (await minors.isMinor(gallery, { userId: celebrityId }))
    );
  };

  /** The one that details are about: by id, else by Wikidata id, else by a name that no other Wikidata id parts. */
  const standing = (view: DocumentView, gallery: GalleryRecord, wanted: CelebrityDetails): Celebrity | undefined => {
    const { celebrityId, wikidata, name } = wanted;
    const byWikidata = wikidata === undefined ? undefined : named(view, gallery, 'wikidata', wikidata)[0];
    if (celebrityId !== undefined) {
      if (byWikidata !== undefined && byWikidata.celebrityId !== celebrityId) {
        throw new ServiceError('ConflictException', `${wikidata} is recorded as ${byWikidata.celebrityId} already.`);
      }
      return get(view, gallery, celebrityId);
    }
    if (byWikidata !== undefined) return byWikidata;
    return named(view, gallery, 'name', foldedName(name)).find(
      (one) => wikidata === undefined || one.wikidata === undefined,
    );
  };

  return {
    find,
    async findTold(gallery, celebrityId) {
      const celebrity = await find(gallery, celebrityId);
      if (celebrity === undefined || (await isUntold(gallery, celebrity))) return undefined;
      return (await collections.findFacesOfSubject(gallery.id, celebrityId)).length > 0 ? celebrity : undefined;
    },
    async standingOf(gallery, { externalImageId, userId }) {
      const ids = [externalImageId, userId].filter((id) => id !== undefined);
      // Faces that came back under the id of someone who opted out stand for nobody.
      if (ids.some((celebrityId) => optOuts.covers({ celebrityId }))) return 'untold';
      for (const id of ids) {
        const celebrity = await find(gallery, id);
        if (celebrity !== undefined) return (await isUntold(gallery, celebrity)) ? 'untold' : celebrity;
      }
      return 'nameless';
    },
    async put(gallery, wanted, person) {
      if ((wanted.urls?.length ?? 0) > mostUrls) {
        throw new ServiceError('InvalidParameterException', `A public figure has at most ${mostUrls} urls.`);
      }
      if (wanted.name.trim() === '') throw new ServiceError('InvalidParameterException', 'The name is empty.');
      return documents.change((change) => {
        const before = standing(change, gallery, wanted);
        const wikidata = wanted.wikidata ?? before?.wikidata;
        const knownGender = wanted.knownGender ?? before?.knownGender;
        const celebrity: Celebrity = {
          celebrityId: before?.celebrityId ?? wanted.celebrityId ?? freshId(),
          name: wanted.name.trim(),
          ...(wikidata !== undefined && { wikidata }),
          urls: wanted.urls ?? before?.urls ?? [],
          ...(knownGender !== undefined && { knownGender }),
          collectionId: gallery.id,
          collectionCreatedAtMs: gallery.createdAtMs,
          storedAtMs: before?.storedAtMs ?? clock(),
          storedBy: before?.storedBy ?? person,
        };
        if (optOuts.covers(celebrity) || (before !== undefined && optOuts.covers(before))) throw optedOut();
        change.put(kind, documentId(gallery.id, celebrity.celebrityId), celebrity, {
          names: {
            collection: gallery.id,
            subject: celebrity.celebrityId,
            name: keyIn(gallery.id, foldedName(celebrity.name)),
            ...(wikidata !== undefined && { wikidata: keyIn(gallery.id, wikidata) }),
          },
        });
        return { celebrity, isNew: before === undefined };
      });
    },
    list: (gallery, { afterId, limit }) =>
      documents.read((view) =>
        view
          .named(kind, 'collection', gallery.id, {
            limit,
            ...(afterId !== undefined && { afterId: documentId(gallery.id, afterId) }),
          })
          .flatMap(({ body }) => within(gallery, body) ?? []),
      ),
    coveredBy: (gallery, { name, wikidata, celebrityIds }) =>
      documents.read((view) => {
        const found = [
          ...(name === undefined ? [] : named(view, gallery, 'name', foldedName(name))),
          ...(wikidata === undefined ? [] : named(view, gallery, 'wikidata', wikidata)),
          ...celebrityIds.flatMap((id) => get(view, gallery, id) ?? []),
        ];
        return [...new Map(found.map((one) => [one.celebrityId, one])).values()];
      }),
    facesOf: (gallery, celebrityId) => collections.findFacesOfSubject(gallery.id, celebrityId),
    async forgetCollection(collectionId) {
      const gone: string[] = [];
      for await (const { id } of documentsOf(documents, (view, page) =>
        view.named(kind, 'collection', collectionId, page),
      )) {
        gone.push(id);
      }
      if (gone.length === 0) return;
      await documents.change((change) => {
        for (const id of gone) change.remove(kind, id);
      });
      await documents.scrub();
    },
    async sweep() {
      const gone: string[] = [];
      for await (const { id, body } of documentsOf(documents, (view, page) => view.list(kind, page))) {
        if (await isForgotten(body as Celebrity)) gone.push(id);
      }
      if (gone.length === 0) return;
      await documents.change((change) => {
        for (const id of gone) change.remove(kind, id);
      });
      await documents.scrub();
    },
    erasureSource: documentSource({
      documents,
      kind,
      name: 'celebrities',
      what: 'celebrity',
      heldIn: ({ body }) => {
        const { celebrityId, collectionId, storedAtMs } = body as Celebrity;
        return [{ purpose: galleryPurpose, collectionId, subject: celebrityId, storedAtMs }];
      },
      index: (target) => {
        if (target.kind === 'subject') return [{ name: 'subject', value: target.subject }];
        return target.kind === 'collection' ? [{ name: 'collection', value: target.collectionId }] : [];
      },
    }),
  };

  async function isForgotten({ celebrityId, collectionId, collectionCreatedAtMs, storedAtMs }: Celebrity) {
    const gallery = await collections.findCollection(collectionId);
    if (gallery?.createdAtMs !== collectionCreatedAtMs) return true;
    if (clock() - storedAtMs < facelessMs) return false;
    try {
      return (await collections.findFacesOfSubject(collectionId, celebrityId)).length === 0;
    } catch (error) {
      // A quarantined collection may be mended, with its faces.
      if (error instanceof StoreError && (error.code === 'corrupt' || error.code === 'collection-not-found'))
        return false;
      throw error;
    }
  }
}

/** The refusal of someone who asked not to be recognised. */
export function optedOut(): ServiceError {
  return new ServiceError(
    'AccessDeniedException',
    'This person asked not to be recognised, and is not taken into the gallery under this name, Wikidata id or id. ' +
      'Rule: celebrity-opt-out; read docs/celebrities.md.',
  );
}

function documentId(collectionId: string, celebrityId: string): string {
  return `${collectionId}/${celebrityId}`;
}

function keyIn(collectionId: string, value: string): string {
  return `${collectionId}\n${value}`;
}

function freshId(): string {
  return Array.from({ length: idLength }, () => idAlphabet[randomInt(idAlphabet.length)]).join('');
}
