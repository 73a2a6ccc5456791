import { describe, expect, it } from 'vitest';
import type { CollectionRecord, FaceRecord } from '../../stores/ports/index.ts';
import type { Reembedder } from '../capabilities.ts';
import { createNotes } from '../notes.ts';
import { loadPolicy } from '../policy/index.ts';
import { consentedReembedder, countReembedding, reviewedReembedder } from './reembed.ts';

const record: CollectionRecord = {
  id: 'c',
  purpose: 'identity-verification',
  modelVersion: '1.0',
  createdAtMs: 1,
  faceCount: 2,
  userCount: 0,
};
const face = (faceId: string, names: Partial<FaceRecord> = {}): FaceRecord => ({
  faceId,
  imageId: 'i',
  box: { left: 0, top: 0, width: 1, height: 1 },
  confidence: 99,
  modelVersion: '1.0',
  storedAtMs: 1,
  ...names,
});
const template = Float32Array.of(1);

/** A reembedder that stages all it is given, and says what that was. */
function buildReembedder() {
  const stagedIds: string[] = [];
  const finished: string[][] = [];
  const reembedder: Reembedder = {
    record,
    begin: async () => ({ modelVersion: '2.0', dimensions: 1, startedAtMs: 1, stagedFaces: 0, pendingFaces: 2 }),
    find: async () => undefined,
    pending: async () => ({ faces: [] }),
    admit: async (faces) => ({ admitted: faces, refused: [] }),
    stage: async (_version, faces) => {
      stagedIds.push(...faces.map((one) => one.face.faceId));
      return { staged: faces.map((one) => one.face.faceId), refused: [] };
    },
    finish: async (_version, dropped) => {
      finished.push([...dropped]);
      return { collection: { ...record, faceCount: 2 - dropped.length }, dropped: dropped.length };
    },
    cancel: async () => true,
  };
  return { reembedder, stagedIds, finished };
}

const policy = loadPolicy();
/** A ledger in which `ada` consents and nobody else does. */
const ledger = {
  activeReceipt: async ({ subject }: { subject: string }) => (subject === 'ada' ? { receiptId: 'r' } : undefined),
};

describe('moving faces where consent is required', () => {
  const purpose = policy.purposes['identity-verification'];
  const faces = [face('a', { externalImageId: 'ada' }), face('b', { externalImageId: 'ben' }), face('u')];

  it('admits and stages only whose consent stands', async () => {
    const { reembedder, stagedIds } = buildReembedder();
    const guarded = consentedReembedder(reembedder, { purpose, record, ledger });
    const { admitted, refused } = await guarded.admit(faces);
    expect(admitted.map(({ faceId }) => faceId)).toEqual(['a']);
    expect(refused).toEqual([
      { faceId: 'b', reason: 'no-consent' },
      { faceId: 'u', reason: 'no-consent' },
    ]);
    const result = await guarded.stage(
      '2.0',
      faces.map((one) => ({ face: one, template })),
    );
    expect(result.staged).toEqual(['a']);
    expect(stagedIds).toEqual(['a']);
  });

  it('asks nobody under a purpose without consent', () => {
    const { reembedder } = buildReembedder();
    const free = policy.purposes['photo-library'];
    expect(consentedReembedder(reembedder, { purpose: free, record, ledger })).toBe(reembedder);
  });
});

describe('the switch', () => {
  const removed: string[][] = [];
  const crops = { remove: async (_id: string, faceIds: readonly string[]) => void removed.push([...faceIds]) };

  it('waits for reviewers', async () => {
    const { reembedder, finished } = buildReembedder();
    const guarded = reviewedReembedder(reembedder, { pending: { anyIn: async () => true }, crops });
    await expect(guarded.finish('2.0', [])).rejects.toMatchObject({ code: 'ConflictException' });
    expect(finished).toEqual([]);
  });

  it('takes the pictures of dropped faces with it, and is counted for the audit', async () => {
    const { reembedder } = buildReembedder();
    const notes = createNotes();
    const guarded = countReembedding(
      reviewedReembedder(reembedder, { pending: { anyIn: async () => false }, crops }),
      notes,
    );
    await guarded.stage('2.0', [{ face: face('a'), template }]);
    await guarded.finish('2.0', ['b']);
    expect(removed).toEqual([['b']]);
    expect(notes.read().counts).toEqual({ facesStaged: 1, facesReembedded: 1, facesDeleted: 1 });
  });
});
