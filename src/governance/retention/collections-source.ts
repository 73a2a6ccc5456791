import { type CollectionRecord, type CollectionStore, StoreError } from '../../stores/ports/index.ts';
import type { ErasureSource, ErasureTarget, HeldCount, HeldThing } from './erasure-source.ts';

/** The part of the store of collections that erasure works on. */
export type ErasableCollections = Pick<
  CollectionStore,
  | 'listCollections'
  | 'findCollection'
  | 'deleteCollection'
  | 'findFaces'
  | 'listFaces'
  | 'findFacesOfSubject'
  | 'findUser'
  | 'subjectPseudonym'
  | 'eraseSubject'
  | 'eraseFaces'
  | 'forEachSubject'
>;

const pageSize = 500;

/** Every collection, page by page. */
export async function* allCollections(
  store: Pick<CollectionStore, 'listCollections'>,
): AsyncGenerator<CollectionRecord, void, undefined> {
  for (let afterId: string | undefined; ; ) {
    const page = await store.listCollections({ limit: pageSize, ...(afterId !== undefined && { afterId }) });
    yield* page;
    if (page.length < pageSize) return;
    afterId = page.at(-1)?.id;
  }
}

/**
 * Faces, users and data keys of collections as something that erasure reaches; vectors go with their rows.
 *
 * @param parts.looksAtFaces whether `held` must name every face too, because one of them may have been erased by its id
 */
export function collectionsSource(parts: { store: ErasableCollections; looksAtFaces: () => boolean }): ErasureSource {
  const { store, looksAtFaces } = parts;

  async function collectionsOf(target: ErasureTarget): Promise<readonly CollectionRecord[]> {
    if (target.kind !== 'subject') {
      const record = await store.findCollection(target.collectionId);
      return record === undefined ? [] : [record];
    }
    const found: CollectionRecord[] = [];
    for await (const record of allCollections(store)) {
      if (target.purpose !== undefined && record.purpose !== target.purpose) continue;
      if (target.collectionId !== undefined && record.id !== target.collectionId) continue;
      found.push(record);
    }
    return found;
  }

  async function* facesIn(collectionId: string, purpose: string): AsyncGenerator<HeldThing> {
    for (let after: number | undefined; ; ) {
      const page = await store.listFaces(collectionId, { limit: pageSize, ...(after !== undefined && { after }) });
      for (const { faceId, storedAtMs } of page.faces)
        yield { what: 'face', purpose, collectionId, faceId, storedAtMs };
      if (page.cursor === undefined) return;
      after = page.cursor;
    }
  }

  return {
    name: 'collections',
    async count(target) {
      const counts: HeldCount[] = [];
      for (const { id: collectionId, faceCount, userCount } of await collectionsOf(target)) {
        const add = (kind: string, count: number) => counts.push({ kind, collectionId, count });
        if (target.kind === 'subject') {
          add('faces', (await store.findFacesOfSubject(collectionId, target.subject)).length);
          add('users', (await store.findUser(collectionId, target.subject)) === undefined ? 0 : 1);
          add('keys', (await store.subjectPseudonym(collectionId, target.subject)) === undefined ? 0 : 1);
        } else if (target.kind === 'face') {
          add('faces', (await store.findFaces(collectionId, [target.faceId])).length);
        } else {
          add('faces', faceCount);
          add('users', userCount);
        }
      }
      return counts;
    },
    async erase(target) {
      for (const { id } of await collectionsOf(target)) {
        if (target.kind === 'subject') await store.eraseSubject(id, target.subject);
        else if (target.kind === 'face') await store.eraseFaces(id, [target.faceId]);
        else await store.deleteCollection(id);
      }
    },
    async *held() {
      const subjects: HeldThing[] = [];
      await store.forEachSubject(({ collectionId, purpose, subject, storedAtMs }) => {
        // An unnamed face stands under its own id.
        subjects.push({ what: 'subject', purpose, collectionId, subject, faceId: subject, storedAtMs });
      });
      yield* subjects;
      for await (const { id, purpose, createdAtMs } of allCollections(store)) {
        yield { what: 'collection', purpose, collectionId: id, storedAtMs: createdAtMs };
      }
      if (!looksAtFaces()) return;
      for await (const { id: collectionId, purpose } of allCollections(store)) {
        try {
          yield* facesIn(collectionId, purpose);
        } catch (error) {
          // A quarantined collection answers nobody; its faces are looked at when it is mended.
          if (!(error instanceof StoreError && error.code === 'corrupt')) throw error;
        }
      }
    },
  };
}
