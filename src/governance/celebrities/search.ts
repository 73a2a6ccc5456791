import type { FaceRecord } from '../../stores/ports/index.ts';
import type { FaceSearch } from '../capabilities.ts';
import type { CelebrityBook } from './book.ts';
import type { GalleryRecord } from './celebrity.ts';
import type { CelebrityOptOuts } from './opt-outs.ts';

/** Faces that are looked at for one whose name may be told; beyond, all of them bear none. */
const depth = 64;

/**
 * A search of the gallery that answers the one best face whose name may be told. Nameless faces are passed over; behind
 * a face of someone of whom nothing may be told there is nobody, because whoever came next would be told in their place.
 */
export function tellCelebrities(
  search: FaceSearch,
  gallery: GalleryRecord,
  book: Pick<CelebrityBook, 'standingOf'>,
): FaceSearch {
  return {
    ...search,
    async searchFaces(probe, options, signal) {
      const found = await search.searchFaces(probe, { ...options, limit: depth }, signal);
      for (const hit of found) {
        const standing = await book.standingOf(gallery, hit.face);
        if (standing === 'untold') return [];
        if (standing !== 'nameless') return [hit];
      }
      return [];
    },
    // Of a user it is not known which of the faces was alike.
    searchUsers: async () => [],
  };
}

/** A search of the gallery that finds nobody who opted out, by whichever operation. */
export function hideOptedOut(
  search: FaceSearch,
  gallery: GalleryRecord,
  {
    book,
    optOuts,
  }: {
    readonly book: Pick<CelebrityBook, 'find'>;
    readonly optOuts: Pick<CelebrityOptOuts, 'covers' | 'list'>;
  },
): FaceSearch {
  const isHidden = async ({ externalImageId, userId }: Pick<FaceRecord, 'externalImageId' | 'userId'>) => {
    for (const celebrityId of [externalImageId, userId]) {
      if (celebrityId === undefined) continue;
      if (optOuts.covers((await book.find(gallery, celebrityId)) ?? { celebrityId })) return true;
    }
    return false;
  };
  const shown = async <Hit>(found: readonly Hit[], face: (hit: Hit) => Parameters<typeof isHidden>[0]) => {
    if (optOuts.list().length === 0) return found;
    const hidden = await Promise.all(found.map((hit) => isHidden(face(hit))));
    return found.filter((_, i) => !hidden[i]);
  };
  return {
    ...search,
    searchFaces: async (...args) => shown(await search.searchFaces(...args), ({ face }) => face),
    searchUsers: async (...args) => shown(await search.searchUsers(...args), ({ user }) => ({ userId: user.userId })),
  };
}
