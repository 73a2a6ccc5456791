import type { DocumentStore } from '../../stores/ports/index.ts';
import { documentsOf } from '../document-pages.ts';
import type { KeptErasure } from './eraser.ts';
import type { ErasureTarget } from './erasure-source.ts';

/** A face as a search finds it. */
export interface FoundFace {
  readonly purpose: string;
  readonly collectionId: string;
  readonly faceId?: string;
  readonly externalImageId?: string;
  readonly userId?: string;
}

/** Who should be erased and is kept by a legal hold: they are in no search's answer. */
export interface Suspended {
  /** Cheap where nothing is suspended. */
  hides(found: FoundFace): boolean;
  add(certificateId: string, target: ErasureTarget): Promise<void>;
  forget(certificateId: string): Promise<void>;
}

/** Opens the suspended erasures that are kept; what is looked up lies in memory. */
export async function openSuspended(documents: DocumentStore): Promise<Suspended> {
  const targets = new Map<string, ErasureTarget>();
  const suspended = documentsOf(documents, (view, page) => view.named('erasure', 'state', 'suspended', page));
  for await (const { body } of suspended) {
    const kept = body as KeptErasure;
    if (kept.state === 'suspended') targets.set(kept.certificateId, kept.request.target);
  }
  return {
    hides(found) {
      for (const target of targets.values()) if (isPart(found, target)) return true;
      return false;
    },
    async add(certificateId, target) {
      targets.set(certificateId, target);
    },
    async forget(certificateId) {
      targets.delete(certificateId);
    },
  };
}

function isPart(found: FoundFace, target: ErasureTarget): boolean {
  switch (target.kind) {
    case 'subject':
      return (
        (target.purpose === undefined || target.purpose === found.purpose) &&
        [found.externalImageId, found.userId, found.faceId].includes(target.subject)
      );
    case 'face':
      return target.collectionId === found.collectionId && target.faceId === found.faceId;
    case 'collection':
      return target.collectionId === found.collectionId;
  }
}
