import type { CollectionStore, IdempotencyStore } from '../../stores/ports/index.ts';
import { purposeNames } from '../policy/index.ts';
import { allCollections } from './collections-source.ts';
import type { ErasureSource, ErasureTarget } from './erasure-source.ts';

const keptMs = 24 * 3_600_000;

/** Answers that are kept for repeated requests, as something that erasure reaches: they may name users and faces. */
export function answersSource(parts: {
  readonly answers: Pick<IdempotencyStore, 'list' | 'forget'>;
  readonly collections: Pick<CollectionStore, 'listCollections' | 'findFacesOfSubject'>;
}): ErasureSource {
  const { answers, collections } = parts;

  /** What an answer would say of the target; a collection's faces are too many to ask for, and its answers last a day. */
  async function namesOf(target: ErasureTarget): Promise<readonly string[]> {
    if (target.kind === 'collection') return [];
    if (target.kind === 'face') return [target.faceId];
    const names = [target.subject];
    for await (const { id, purpose } of allCollections(collections)) {
      if (target.purpose !== undefined && purpose !== target.purpose) continue;
      for (const face of await collections.findFacesOfSubject(id, target.subject)) names.push(face.faceId);
    }
    return names;
  }
  const mentions = (answer: string, quoted: readonly string[]): boolean => quoted.some((text) => answer.includes(text));
  const quote = (names: readonly string[]): readonly string[] => names.map((name) => JSON.stringify(name));

  return {
    name: 'kept answers',
    async count(target) {
      const quoted = quote(await namesOf(target));
      if (quoted.length === 0) return [];
      return [
        { kind: 'answers', count: (await answers.list()).filter(({ answer }) => mentions(answer, quoted)).length },
      ];
    },
    async erase(target) {
      const quoted = quote(await namesOf(target));
      if (quoted.length > 0) await answers.forget((answer) => mentions(answer, quoted));
    },
    async eraseFaces(_collectionId, faceIds) {
      const quoted = quote(faceIds);
      await answers.forget((answer) => mentions(answer, quoted));
    },
    async *held() {
      for (const { answer, expiresAtMs } of await answers.list()) {
        for (const subject of textsOf(JSON.parse(answer) as unknown)) {
          // An answer does not say under which purpose it was given.
          for (const purpose of purposeNames) {
            yield { what: 'kept answer', purpose, subject, storedAtMs: expiresAtMs - keptMs };
          }
        }
      }
    },
  };
}

/** The texts within a JSON value. */
function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsOf);
}
