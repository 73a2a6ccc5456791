import type { CollectionRecord } from '../../stores/ports/index.ts';

/** What a gallery of public figures must be made for. */
export const galleryPurpose = 'media-archive';

/** Whether a collection may serve as the gallery of public figures. */
export function isGallery(collection: CollectionRecord | undefined): collection is CollectionRecord {
  return collection?.purpose === galleryPurpose;
}

/**
 * Says why there is no gallery, and what to do.
 *
 * @param configured the id in the configuration
 * @param found the collection of that id
 */
export function galleryProblem(configured: string | undefined, found?: Pick<CollectionRecord, 'purpose'>): string {
  const read = 'Read docs/celebrities.md.';
  if (configured === undefined) {
    return (
      'This server has no gallery of public figures, so RecognizeCelebrities recognises nobody. Make a collection of the ' +
      `purpose ${galleryPurpose} (likeness collections create <id> --purpose ${galleryPurpose}), name it in ` +
      `LIKENESS_CELEBRITY_COLLECTION and start the server again. ${read}`
    );
  }
  if (found === undefined) {
    return (
      `LIKENESS_CELEBRITY_COLLECTION names ${configured}, and there is no such collection, so RecognizeCelebrities ` +
      `recognises nobody. Make it: likeness collections create ${configured} --purpose ${galleryPurpose}. ${read}`
    );
  }
  return (
    `LIKENESS_CELEBRITY_COLLECTION names ${configured}, whose purpose is ${found.purpose}, so RecognizeCelebrities ` +
    `recognises nobody: a gallery of public figures is a collection of the purpose ${galleryPurpose}, and a purpose ` +
    `cannot be changed. Name another collection. ${read}`
  );
}
