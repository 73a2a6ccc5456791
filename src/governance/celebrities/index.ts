export { type CelebrityBook, type CelebrityDetails, createCelebrityBook } from './book.ts';
export type { Celebrity, CelebrityCard, GalleryRecord, KnownGender } from './celebrity.ts';
export {
  type CelebrityDesk,
  type CelebrityDeskParts,
  type CelebrityOptOutDesk,
  type CelebrityReader,
  type CelebritySearch,
  celebrityDeskOf,
  celebrityOptOutsOf,
  celebrityReaderOf,
  celebritySearchOf,
  eraseOptedOut,
  type PhotoVerdict,
  type RecognizedCelebrity,
} from './desk.ts';
export { galleryProblem, isGallery } from './gallery.ts';
export { type CelebrityOptOut, type CelebrityOptOuts, OptOutError, openCelebrityOptOuts } from './opt-outs.ts';
export { hideOptedOut, tellCelebrities } from './search.ts';
