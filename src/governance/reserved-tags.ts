import { skeleton } from './policy/skeleton.ts';

/** The tag that binds a new collection to its purpose. */
export const purposeTag = 'likeness:purpose';

/** The tag of a new evaluation collection that names the licence of its data set. */
export const dataSetLicenceTag = 'likeness:data-set-licence';

/** The tag of a new collection that names the last day of its purpose, such as 2027-06-30; it is erased after it. */
export const purposeEndsTag = 'likeness:purpose-ends';

/** True for a key in the namespace `likeness:`, also when it is written in capitals or with letters that look alike. */
export function isReservedTag(key: string): boolean {
  return skeleton(key).trimStart().startsWith('likeness:') || foldedKey(key).startsWith('likeness:');
}

/** True for a key that reads as {@link purposeTag}, however it is written. */
export function readsAsPurposeTag(key: string): boolean {
  return foldedKey(key) === purposeTag;
}

/** The key without the spaces between its letters, which cannot be seen where they are narrow. */
function foldedKey(key: string): string {
  return skeleton(key).replace(/\p{Z}/gu, '');
}
