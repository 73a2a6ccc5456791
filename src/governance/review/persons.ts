import { skeleton } from '../policy/skeleton.ts';

/** The form of a person's name that is compared: as the eye reads it, without case, accents, spaces and marks. */
export function personKey(person: string): string {
  const read = skeleton(person).replace(/[^\p{L}\p{N}]+/gu, '');
  // A name of marks alone must not equal every other such name.
  return read === '' ? `=${person}` : read;
}

/** Whether two names are one person's: look-alike spellings count as one, since a second reviewer must be another human. */
export function isSamePerson(one: string, other: string): boolean {
  return personKey(one) === personKey(other);
}
