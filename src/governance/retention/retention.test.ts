import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createSigner, makeSigningKey, verifyDocument } from '../../shared/signing.ts';
import { openMemoryStores } from '../../stores/index.ts';
import type { LineFile } from '../../stores/ports/line-file.ts';
import { loadPolicy } from '../policy/index.ts';
import { collectionsSource } from './collections-source.ts';
import { documentSource } from './document-source.ts';
import { createTargetEraser } from './eraser.ts';
import type { ErasureSource } from './erasure-source.ts';
import { openLegalHolds } from './legal-holds.ts';
import { scanForOrphans } from './orphan-scan.ts';
import { replayTombstones } from './replay.ts';
import { createRetentionClock } from './retention-clock.ts';
import { openSuspended } from './suspended.ts';
import { createSweeper, endOfCollection } from './sweeper.ts';
import { openTombstones } from './tombstones.ts';
import { createFaceUses } from './uses.ts';

const dayMs = 86_400_000;
const policy = loadPolicy();
const signer = createSigner(makeSigningKey());
const mac = (text: string) => createHmac('sha256', 'key').update(text).digest();

/** Lines in memory. */
function memoryLines(): LineFile & { readonly lines: string[] } {
  const lines: string[] = [];
  return { lines, read: async () => [...lines], append: async (more) => void lines.push(...more) };
}

/** Everything that erases, over stores in memory, with a clock that is set by hand. */
async function bench(options: { fail?: () => void } = {}) {
  let nowMs = Date.UTC(2026, 0, 1);
  let monotonicMs = 0;
  const clock = () => nowMs;
  const stores = await openMemoryStores(clock);
  const { collections, documents } = stores;
  const file = memoryLines();
  const notices: string[] = [];
  let ids = 0;
  const crops = documentSource({
    documents,
    kind: 'crop',
    name: 'crops',
    what: 'crop',
    heldIn: ({ body }) => [body as { subject: string; purpose: string; collectionId: string; storedAtMs: number }],
  });
  const ofCollections = collectionsSource({ store: collections, looksAtFaces: () => true });
  /** Fails at a step of its own choosing, as a kill would. */
  const failing = (source: ErasureSource): ErasureSource => ({
    ...source,
    count: (target) => {
      options.fail?.();
      return source.count(target);
    },
    erase: async (target) => {
      options.fail?.();
      await source.erase(target);
      options.fail?.();
    },
  });
  const sources = [failing(crops), failing(ofCollections)];
  const open = async () => {
    const tombstones = await openTombstones({ file, path: 'tombstones.jsonl', mac });
    const holds = await openLegalHolds({ documents, clock, ids: () => `hold-${++ids}` });
    const suspended = await openSuspended(documents);
    const eraser = createTargetEraser({
      sources: () => sources,
      tombstones,
      holds,
      suspended,
      namesOfFace: async (collectionId, faceId) => {
        const [face] = await collections.findFaces(collectionId, [faceId]);
        return [face?.externalImageId, face?.userId].filter((name) => name !== undefined);
      },
      documents,
      signer,
      policyDigest: policy.digest,
      backups: async () => [],
      clock,
      ids: () => `id-${++ids}`,
      notice: (notice) => notices.push(notice),
    });
    return { tombstones, holds, suspended, eraser };
  };
  const uses = createFaceUses({ collections, clock });
  const records: string[] = [];
  const retentionClock = createRetentionClock({ documents, clock, monotonicMs: () => monotonicMs });
  const parts = await open();
  const sweeper = createSweeper({
    policy,
    collections,
    sources: () => [crops],
    eraser: parts.eraser,
    holds: parts.holds,
    clock: retentionClock,
    settleConsents: async () => ({ settled: 0, failed: 0 }),
    flushUses: () => uses.flush(),
    removeExpiredBackups: async () => 0,
    audit: { append: async (draft) => void records.push(`${draft.kind} ${draft.operation}`) as never },
    ids: () => `id-${++ids}`,
    endsTag: 'likeness:purpose-ends',
  });
  let faces = 0;
  const vectorOf = (seed: number) => Float32Array.from({ length: 8 }, (_, i) => Math.sin(seed * 7 + i));
  return {
    ...parts,
    open,
    stores,
    collections,
    documents,
    file,
    notices,
    uses,
    records,
    sweeper,
    sources,
    retentionClock,
    pass(ms: number, monotonic = ms) {
      nowMs += ms;
      monotonicMs += monotonic;
    },
    collection: (id: string, purpose: string, tags = {}) =>
      collections.createCollection({ id, purpose, modelVersion: 'm', dimensions: 8, tags, createdAtMs: nowMs }),
    async face(collectionId: string, externalImageId?: string): Promise<string> {
      const faceId = `00000000-0000-4000-8000-${String(++faces).padStart(12, '0')}`;
      await collections.addFaces(collectionId, {
        imageId: `image-${faces}`,
        ...(externalImageId !== undefined && { externalImageId }),
        modelVersion: 'm',
        maxFaces: 100_000,
        faces: [
          { faceId, box: { left: 0, top: 0, width: 0.5, height: 0.5 }, confidence: 99, template: vectorOf(faces) },
        ],
      });
      return faceId;
    },
    crop: (id: string, subject: string, purpose: string, collectionId: string) =>
      documents.change((change) => change.put('crop', id, { subject, purpose, collectionId, storedAtMs: nowMs })),
    crops: () => documents.read((view) => view.count('crop')),
    facesOf: async (collectionId: string, subject: string) =>
      (await collections.findFacesOfSubject(collectionId, subject)).length,
  };
}

const someone = { kind: 'subject', subject: 'someone' } as const;
const request = { target: someone, reason: 'erasure-request', requestedBy: 'operator' } as const;

describe('an erasure that is cut off', () => {
  it('is ended at the next start, wherever it was cut, with one certificate of the counts before it began', async () => {
    let left = Number.POSITIVE_INFINITY;
    const fail = () => {
      left -= 1;
      if (left < 0) throw new Error('killed');
    };
    let cuts = 0;
    for (let step = 0; ; step += 1) {
      left = Number.POSITIVE_INFINITY;
      const test = await bench({ fail });
      await test.collection('a', 'access-control');
      await test.collection('b', 'photo-library');
      await test.face('a', 'someone');
      await test.face('b', 'someone');
      await test.crop('1', 'someone', 'access-control', 'a');
      left = step;
      const killed = await test.eraser.erase(request).then(
        () => false,
        () => true,
      );
      left = Number.POSITIVE_INFINITY;
      const again = await test.open();
      await replayTombstones({ ...again, sources: test.sources, documents: test.documents, notice: () => {} });
      await again.eraser.finish();
      const kept = await test.documents.read((view) => view.list('erasure', { limit: 10 }));
      const began = kept.length > 0;
      expect(kept.length, `step ${step}`).toBeLessThanOrEqual(1);
      expect([await test.facesOf('a', 'someone'), await test.facesOf('b', 'someone'), await test.crops()]).toEqual(
        began ? [0, 0, 0] : [1, 1, 1],
      );
      if (began) {
        expect(kept[0]?.body).toMatchObject({
          state: 'done',
          certificate: { counts: { faces: { before: 2, after: 0 }, crops: { before: 1, after: 0 } } },
        });
      }
      if (!killed) break;
      cuts += 1;
    }
    expect(cuts).toBeGreaterThan(5);
  });

  it('keeps no name once it is done', async () => {
    const test = await bench();
    await test.collection('a', 'access-control');
    await test.face('a', 'someone');
    const certificate = await test.eraser.erase(request);
    const kept = await test.documents.read((view) => view.get('erasure', certificate.certificateId));
    expect(JSON.stringify(kept)).not.toContain('someone');
    expect(test.file.lines.join()).not.toContain('someone');
    expect(verifyDocument(signer.publicKeyPem, certificate)).toBe(true);
  });
});

describe('an erasure under legal hold', () => {
  it('is suspended once, however often it is asked for, and done when the hold ends, also after a restart', async () => {
    const test = await bench();
    await test.collection('a', 'access-control');
    await test.face('a', 'someone');
    const by = { proposedBy: 'a', approvedBy: 'b' };
    const hold = await test.holds.place({ kind: 'subject', subject: 'someone' }, 'case', by);
    const first = await test.eraser.erase(request);
    test.pass(3_600_000);
    expect(await test.eraser.erase(request)).toEqual(first);
    const found = { purpose: 'access-control', collectionId: 'a', externalImageId: 'someone' };
    expect(test.suspended.hides(found)).toBe(true);
    expect(test.suspended.hides({ ...found, externalImageId: 'other' })).toBe(false);
    const again = await test.open();
    expect(again.suspended.hides(found)).toBe(true);
    expect(await again.eraser.resume()).toEqual([]);
    await again.holds.release(hold.holdId, by);
    expect(await again.eraser.resume()).toMatchObject([{ counts: { faces: { before: 1, after: 0 } } }]);
    expect(again.suspended.hides(found)).toBe(false);
    await expect(again.holds.release(hold.holdId, by)).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
  });

  it('takes two persons, and a look-alike name is not a second one', async () => {
    const test = await bench();
    for (const approvedBy of ['ann', 'Ann', 'ANN']) {
      const by = { proposedBy: 'ann', approvedBy };
      await expect(test.holds.place({ kind: 'collection', collectionId: 'a' }, 'x', by)).rejects.toMatchObject({
        code: 'AccessDeniedException',
      });
    }
  });
});

describe('the orphan scan', () => {
  it('names each thing of an erased subject that is there again, by its tombstone, and nothing else', async () => {
    const test = await bench();
    await test.collection('a', 'access-control');
    await test.collection('gone', 'access-control');
    const unnamed = await test.face('a');
    await test.face('a', 'someone');
    await test.face('a', 'other');
    const { certificateId } = await test.eraser.erase(request);
    await test.tombstones.add([{ kind: 'face', collectionId: 'a', faceId: unnamed }], {
      erasedAtMs: Date.UTC(2026, 0, 1),
      certificateId: 'of-face',
    });
    await test.tombstones.add([{ kind: 'collection', collectionId: 'gone' }], {
      erasedAtMs: Date.UTC(2026, 0, 1),
      certificateId: 'of-collection',
    });
    // Planted at the same moment as the erasure, as a restored file would bring them.
    await test.crop('1', 'someone', 'access-control', 'a');
    await test.crop('2', 'other', 'access-control', 'a');
    await test.collections.createUser('a', 'someone');
    const found = await scanForOrphans({
      tombstones: test.tombstones,
      sources: test.sources,
      clock: () => 0,
      signal: new AbortController().signal,
    });
    const told = found.orphans.map(({ what, source, certificateId: id }) => `${what} in ${source} by ${id}`);
    expect(new Set(told)).toEqual(
      new Set([
        `crop in crops by ${certificateId}`,
        `subject in collections by ${certificateId}`,
        'subject in collections by of-face',
        'face in collections by of-face',
        'collection in collections by of-collection',
      ]),
    );
    expect(JSON.stringify(found)).not.toContain('someone');
    await replayTombstones({
      tombstones: test.tombstones,
      sources: test.sources,
      documents: test.documents,
      notice: () => {},
    });
    const after = await scanForOrphans({
      tombstones: test.tombstones,
      sources: test.sources,
      clock: () => 0,
      signal: new AbortController().signal,
    });
    expect(after.orphans).toEqual([]);
    expect(await test.facesOf('a', 'other')).toBe(1);
    expect(await test.crops()).toBe(1);
  });
});

describe('a sweep', () => {
  it('erases faces in slices by age and by last use, with their users, and keeps what was used', async () => {
    const test = await bench();
    await test.collection('door', 'access-control');
    for (let i = 0; i < 450; i += 1) await test.face('door', `s${i}`);
    await test.collections.createUser('door', 'empty');
    test.pass(300 * dayMs);
    const used = await test.face('door', 'fresh');
    const [kept] = await test.collections.findFacesOfSubject('door', 's7');
    test.uses.note('door', [kept?.faceId ?? '']);
    await test.uses.flush();
    test.pass(100 * dayMs);
    expect(await test.sweeper.sweep()).toMatchObject({ state: 'swept', faces: 449, failures: [] });
    expect((await test.collections.listFaces('door', { limit: 10 })).faces.map(({ faceId }) => faceId)).toEqual([
      kept?.faceId,
      used,
    ]);
    test.pass(1_000 * dayMs, 1_000 * dayMs);
    expect(await test.sweeper.sweep()).toMatchObject({ faces: 2, users: 1 });
    expect(test.records.filter((record) => record.startsWith('decision'))).toHaveLength(3);
  });

  it('passes over what is on hold, however much of it there is', async () => {
    const test = await bench();
    await test.collection('door', 'access-control');
    for (let i = 0; i < 300; i += 1) await test.face('door', 'held');
    for (let i = 0; i < 10; i += 1) await test.face('door', 'free');
    await test.holds.place({ kind: 'subject', subject: 'held' }, 'case', { proposedBy: 'a', approvedBy: 'b' });
    test.pass(1_200 * dayMs, 1_200 * dayMs);
    expect(await test.sweeper.sweep()).toMatchObject({ faces: 10, held: 300 });
    expect(await test.facesOf('door', 'held')).toBe(300);
  });

  it('ends a collection with its purpose, and an evaluation after 30 days, unless someone in it is on hold', async () => {
    const test = await bench();
    await test.collection('set', 'evaluation');
    await test.collection('fair', 'access-control', { 'likeness:purpose-ends': '2026-01-20' });
    await test.face('set', 'someone');
    const hold = await test.holds.place({ kind: 'subject', subject: 'someone' }, 'case', {
      proposedBy: 'a',
      approvedBy: 'b',
    });
    test.pass(19.5 * dayMs);
    expect(await test.sweeper.sweep()).toMatchObject({ collections: 0 });
    test.pass(dayMs);
    expect(await test.sweeper.sweep()).toMatchObject({ collections: 1 });
    test.pass(20 * dayMs);
    expect(await test.sweeper.sweep()).toMatchObject({ collections: 0, held: 1 });
    await test.holds.release(hold.holdId, { proposedBy: 'a', approvedBy: 'b' });
    expect(await test.sweeper.sweep()).toMatchObject({ collections: 1 });
    expect(await test.collections.countCollections()).toBe(0);
  });

  it('takes the earlier of two ends', () => {
    const end = endOfCollection(
      { purpose: 'evaluation', createdAtMs: Date.UTC(2026, 0, 1) },
      { 'likeness:purpose-ends': '2026-01-03' },
      policy,
      'likeness:purpose-ends',
    );
    expect(end).toEqual({ atMs: Date.UTC(2026, 0, 4), why: 'purpose-ends' });
  });
});

describe('the clock of retention', () => {
  it('goes on while it is set back, and lets no one have the time twice', async () => {
    const test = await bench();
    await test.retentionClock.observe();
    test.pass(-100 * dayMs, dayMs);
    expect(await test.retentionClock.observe()).toEqual({ kind: 'good', nowMs: Date.UTC(2026, 0, 2) });
    test.pass(0, dayMs);
    expect(await test.retentionClock.observe()).toEqual({ kind: 'good', nowMs: Date.UTC(2026, 0, 3) });
  });

  it('pauses when it jumps by more than two days, stays so over a restart, and goes on when it is set right', async () => {
    const test = await bench();
    await test.retentionClock.observe();
    test.pass(dayMs, 0);
    expect(await test.retentionClock.observe()).toMatchObject({ kind: 'good' });
    test.pass(10 * dayMs, 0);
    expect(await test.retentionClock.observe()).toMatchObject({ kind: 'paused', nowMs: Date.UTC(2026, 0, 2) });
    const restarted = createRetentionClock({
      documents: test.documents,
      clock: () => Date.UTC(2026, 0, 12),
      monotonicMs: () => 0,
    });
    expect(await restarted.observe()).toMatchObject({ kind: 'paused' });
    test.pass(-9 * dayMs, 0);
    expect(await test.retentionClock.observe()).toMatchObject({ kind: 'good', nowMs: Date.UTC(2026, 0, 3) });
  });

  it('takes a pause of a year for a pause, and of more for a broken clock, until a person accepts it', async () => {
    const test = await bench();
    await test.retentionClock.observe();
    const at = (days: number) =>
      createRetentionClock({
        documents: test.documents,
        clock: () => Date.UTC(2026, 0, 1) + days * dayMs,
        monotonicMs: () => 0,
      });
    expect(await at(401).observe()).toMatchObject({ kind: 'paused' });
    expect(await at(399).observe()).toMatchObject({ kind: 'good' });
    expect(await at(900).observe()).toMatchObject({ kind: 'paused' });
    expect(await at(900).accept()).toMatchObject({ kind: 'good' });
    expect(await at(901).observe()).toMatchObject({ kind: 'good' });
  });
});

describe('tombstones', () => {
  it('know what was stored before from what came after', async () => {
    const test = await bench();
    await test.tombstones.add([{ ...someone, purpose: 'access-control' }], { erasedAtMs: 5, certificateId: 'c' });
    const held = { what: 'face', subject: 'someone', purpose: 'access-control' };
    expect(test.tombstones.of({ ...held, storedAtMs: 5 })).toMatchObject({ certificateId: 'c' });
    expect(test.tombstones.of({ ...held, storedAtMs: 6 })).toBeUndefined();
    expect(test.tombstones.of({ ...held, purpose: 'photo-library', storedAtMs: 1 })).toBeUndefined();
    expect(test.tombstones.of({ ...held, subject: 'other', storedAtMs: 1 })).toBeUndefined();
  });

  it('go on behind a line that could not be written whole', async () => {
    const file = memoryLines();
    let full = true;
    const failing: LineFile = {
      read: file.read,
      append: async (lines) => {
        if (full) throw new Error('no space');
        await file.append(lines);
      },
    };
    const tombstones = await openTombstones({ file: failing, path: 't', mac });
    await expect(tombstones.add([someone], { erasedAtMs: 1, certificateId: 'a' })).rejects.toThrow('no space');
    full = false;
    await tombstones.add([someone], { erasedAtMs: 2, certificateId: 'b' });
    const again = await openTombstones({ file, path: 't', mac });
    expect(again.head.count).toBe(1);
  });

  it('of another server are not taken', async () => {
    const test = await bench();
    await test.tombstones.add([someone], { erasedAtMs: 1, certificateId: 'a' });
    const otherMac = (text: string) => createHmac('sha256', 'other').update(text).digest();
    await expect(openTombstones({ file: test.file, path: 't', mac: otherMac })).rejects.toThrow(/line 1/);
  });
});
