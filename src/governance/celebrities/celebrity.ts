import type { CollectionRecord } from '../../stores/ports/index.ts';

/** A gender as an operator records it of a public figure; never read off a face. */
export type KnownGender = 'Male' | 'Female' | 'Nonbinary' | 'Unlisted';

/** What is recorded of a public figure; a document of the gallery, sealed at rest. */
export interface Celebrity {
  /** The subject of their faces in the gallery: ExternalImageId or UserId. `[0-9A-Za-z]+` */
  readonly celebrityId: string;
  readonly name: string;
  /** Such as Q42. */
  readonly wikidata?: string;
  readonly urls: readonly string[];
  readonly knownGender?: KnownGender;
  readonly collectionId: string;
  /** A collection that was made later under the same name is another. */
  readonly collectionCreatedAtMs: number;
  readonly storedAtMs: number;
  /** Who recorded it first. */
  readonly storedBy: string;
}

/** What is told of a public figure who was recognised or asked for. */
export type CelebrityCard = Pick<Celebrity, 'celebrityId' | 'name' | 'urls' | 'knownGender'>;

/** A gallery as it was judged. */
export type GalleryRecord = Pick<CollectionRecord, 'id' | 'createdAtMs' | 'purpose'>;

/** The form in which names are compared: however wide, spaced or capitalised they were written. */
export function foldedName(name: string): string {
  return name.normalize('NFKC').trim().replaceAll(/\s+/g, ' ').toLowerCase();
}

/** What may be told of them, with the page of their Wikidata id where the operator gave none of it. */
export function cardOf({ celebrityId, name, urls, wikidata, knownGender }: Celebrity): CelebrityCard {
  const isAmong = urls.some((url) => wikidata !== undefined && new RegExp(`/${wikidata}$`).test(url));
  return {
    celebrityId,
    name,
    // Without its scheme, as Rekognition tells it.
    urls: wikidata === undefined || isAmong ? urls : [...urls, `www.wikidata.org/wiki/${wikidata}`],
    ...(knownGender !== undefined && { knownGender }),
  };
}
