import type { Box } from '../../shared/geometry.ts';
import type { CollectionRecord, DocumentStore } from '../../stores/ports/index.ts';
import { documentSource } from '../retention/document-source.ts';
import type { ErasureSource } from '../retention/erasure-source.ts';
import { findCase } from '../review/case-book.ts';
import { forgetCase } from '../review/decide.ts';

/** A face that was sent for enrolment and waits for reviewers; its template lies sealed in the case. */
export interface PendingFace {
  readonly faceId: string;
  readonly caseId: string;
  readonly collectionId: string;
  /** Tells the collection from one that is made later under its name. */
  readonly collectionCreatedAtMs: number;
  readonly purpose: string;
  /** The ExternalImageId. */
  readonly subject: string;
  readonly imageId: string;
  readonly box: Box;
  /** 0..100. */
  readonly confidence: number;
  readonly modelVersion: string;
  readonly sentAtMs: number;
}

/** Which collection, told from one that is made later under its name. */
export type CollectionIdentity = Pick<CollectionRecord, 'id' | 'createdAtMs'>;

/** Knows which faces wait, so that a repeated request and a deletion are answered as for a stored one. */
export interface PendingFaces {
  /** What waits of an image under a subject's name. */
  ofImage(collection: CollectionIdentity, imageId: string, subject: string): Promise<readonly PendingFace[]>;
  /** Whether any waits in a collection. */
  anyIn(collection: CollectionIdentity): Promise<boolean>;
  find(faceId: string): Promise<PendingFace | undefined>;
  put(face: PendingFace): Promise<void>;
  /** Those of the ids that waited in the collection. */
  remove(collection: CollectionIdentity, faceIds: readonly string[]): Promise<readonly string[]>;
  /** Forgets those whose case is closed, and all of collections that are no more. */
  sweep(isStanding: (face: PendingFace) => Promise<boolean>): Promise<void>;
  readonly erasureSource: ErasureSource;
}

const pageSize = 200;

/** Pending faces in the store of sealed documents; one whose case has closed waits no longer. */
export function createPendingFaces(documents: DocumentStore): PendingFaces {
  return {
    ofImage: (collection, imageId, subject) =>
      documents.read((view) =>
        view
          .named('pending-face', 'image', imageName(collection, imageId, subject), { limit: pageSize })
          .map(({ body }) => body as PendingFace)
          .filter(({ caseId }) => findCase(view, caseId)?.state === 'open'),
      ),
    async anyIn({ id, createdAtMs }) {
      for (let afterId: string | undefined = ''; afterId !== undefined; ) {
        const from: string = afterId;
        const page = await documents.read((view) =>
          view.named('pending-face', 'collection', id, { afterId: from, limit: pageSize }).map((document) => {
            const face = document.body as PendingFace;
            const kept = findCase(view, face.caseId);
            const isWaiting = kept?.state === 'open' || kept?.pending === true;
            return { id: document.id, waits: isWaiting && face.collectionCreatedAtMs === createdAtMs };
          }),
        );
        if (page.some(({ waits }) => waits)) return true;
        afterId = page.length < pageSize ? undefined : page.at(-1)?.id;
      }
      return false;
    },
    find: (faceId) => documents.read((view) => view.get('pending-face', faceId)?.body as PendingFace | undefined),
    put: (face) =>
      documents.change((change) => {
        const collection = { id: face.collectionId, createdAtMs: face.collectionCreatedAtMs };
        change.put('pending-face', face.faceId, face, {
          names: {
            image: imageName(collection, face.imageId, face.subject),
            subject: face.subject,
            collection: face.collectionId,
          },
        });
      }),
    async remove(collection, faceIds) {
      const removed = await documents.change((change) =>
        faceIds.filter((faceId) => {
          const face = change.get('pending-face', faceId)?.body as PendingFace | undefined;
          const isHere = face?.collectionId === collection.id && face.collectionCreatedAtMs === collection.createdAtMs;
          if (!isHere || !change.remove('pending-face', faceId)) return false;
          // Its case holds its picture and template, which nobody may look at or enrol any more.
          if (findCase(change, face.caseId)?.state === 'open') forgetCase(change, face.caseId);
          return true;
        }),
      );
      if (removed.length > 0) await documents.scrub();
      return removed;
    },
    async sweep(isStanding) {
      for (let afterId: string | undefined = ''; afterId !== undefined; ) {
        const from: string = afterId;
        const page = await documents.read((view) =>
          view.list('pending-face', { afterId: from, limit: pageSize }).map(({ id, body }) => {
            const face = body as PendingFace;
            const kept = findCase(view, face.caseId);
            // A decided case that still has its payload is about to enrol the face.
            return { id, face, isWaiting: kept !== undefined && (kept.state === 'open' || kept.pending === true) };
          }),
        );
        for (const { id, face, isWaiting } of page) {
          if (!isWaiting || !(await isStanding(face))) {
            await documents.change((change) => change.remove('pending-face', id));
          }
        }
        afterId = page.length < pageSize ? undefined : page.at(-1)?.id;
      }
    },
    erasureSource: documentSource({
      documents,
      kind: 'pending-face',
      name: 'pending faces',
      what: 'pending face',
      heldIn: ({ body }) => {
        const { purpose, collectionId, subject, faceId, sentAtMs } = body as PendingFace;
        return [{ purpose, collectionId, subject, faceId, storedAtMs: sentAtMs } as const];
      },
      index: (target) =>
        target.kind === 'subject'
          ? [{ name: 'subject', value: target.subject }]
          : [{ name: 'collection', value: target.collectionId }],
    }),
  };
}

function imageName(collection: CollectionIdentity, imageId: string, subject: string): string {
  return JSON.stringify([collection.id, collection.createdAtMs, imageId, subject]);
}
