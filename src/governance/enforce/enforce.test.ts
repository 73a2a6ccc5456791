import { describe, expect, it } from 'vitest';
import type { DetectFacesOptions, FaceAttribute, FaceAttributes, FaceObservation } from '../../vision/index.ts';
import type { FaceSearch, UserWriter } from '../capabilities.ts';
import { createNotes } from '../notes.ts';
import {
  countFaceWrites,
  floorMatcher,
  floorSearch,
  floorUserWriter,
  withholdFromDetector,
  withholdFromEmbedder,
} from './index.ts';

const signal = new AbortController().signal;
const probe = new Float32Array(2);

const everything: FaceAttributes = {
  ageRange: { low: 30, high: 38 },
  emotions: [{ type: 'HAPPY', confidence: 100 }],
  gender: { value: 'Female', confidence: 99 },
  smile: { value: true, confidence: 98 },
};
const face = (attributes: FaceAttributes): FaceObservation => ({
  box: { left: 0, top: 0, width: 1, height: 1 },
  confidence: 99,
  landmarks: [],
  pose: { roll: 0, yaw: 0, pitch: 0 },
  quality: { brightness: 50, sharpness: 50 },
  attributes,
});
const all: ReadonlySet<FaceAttribute> = new Set(['ageRange', 'emotions', 'gender', 'smile']);

/** Detects with a model that computes just what is asked; or, careless, always everything. */
async function detectWith(options: {
  withheld?: FaceAttribute[];
  fromMinors?: FaceAttribute[];
  asked?: ReadonlySet<FaceAttribute>;
  truth?: FaceAttributes;
  careless?: boolean;
}) {
  const asked: DetectFacesOptions[] = [];
  const notes = createNotes();
  const detector = withholdFromDetector(
    {
      async detect(_image, detectOptions) {
        asked.push(detectOptions);
        const computed = Object.entries(options.truth ?? everything).filter(
          ([name]) => options.careless || detectOptions.attributes.has(name as FaceAttribute),
        );
        return { width: 1, height: 1, faces: [face(Object.fromEntries(computed))] };
      },
    },
    { withheldAttributes: options.withheld ?? [], withheldFromMinors: options.fromMinors ?? [] },
    notes,
  );
  const found = await detector.detect(
    { bytes: new Uint8Array() },
    { maxFaces: 1, attributes: options.asked ?? all },
    signal,
  );
  return {
    told: found.faces[0]?.attributes ?? {},
    computed: [...(asked[0]?.attributes ?? [])].sort(),
    noted: notes.read(),
  };
}

describe('withheld attributes', () => {
  it('are neither computed nor told, and noted', async () => {
    const { told, computed, noted } = await detectWith({ withheld: ['emotions', 'gender'] });
    expect(computed).toEqual(['ageRange', 'smile']);
    expect(Object.keys(told).sort()).toEqual(['ageRange', 'smile']);
    expect(noted.withheld).toEqual(['emotions', 'gender']);
    expect(noted.counts).toEqual({ facesFound: 1 });
  });

  it('are not told by a model that answers more than it was asked', async () => {
    const { told } = await detectWith({ withheld: ['emotions', 'gender'], careless: true });
    expect(Object.keys(told).sort()).toEqual(['ageRange', 'smile']);
  });

  it('are not noted when no one asked', async () => {
    const { noted } = await detectWith({ withheld: ['emotions', 'gender'], asked: new Set(['smile']) });
    expect(noted.withheld).toEqual([]);
  });

  it('are none where the purpose allows all', async () => {
    const { told, noted } = await detectWith({ truth: { ...everything, ageRange: { low: 4, high: 8 } } });
    expect(Object.keys(told)).toHaveLength(4);
    expect(noted.withheld).toEqual([]);
  });

  it.each([
    [{ low: 18, high: 25 }, ['emotions', 'gender']],
    [{ low: 17, high: 25 }, []],
    [{ low: 4, high: 8 }, []],
    [undefined, []],
  ])('released to adults are told for the age range %j: %j', async (ageRange, told) => {
    const { ageRange: _, ...ageless } = everything;
    const found = await detectWith({
      fromMinors: ['emotions', 'gender'],
      asked: new Set(['emotions', 'gender']),
      truth: ageRange ? { ...ageless, ageRange } : ageless,
    });
    expect(found.computed).toContain('ageRange');
    expect(Object.keys(found.told)).toEqual(told);
    expect(found.noted.withheld).toEqual(told.length === 0 ? ['emotions', 'gender'] : []);
  });

  it('are held back by the embedder too, from accepted and rejected faces', async () => {
    const notes = createNotes();
    const embedder = withholdFromEmbedder(
      {
        embed: async () => ({
          width: 1,
          height: 1,
          accepted: [{ ...face(everything), template: probe }],
          rejected: [{ ...face(everything), reasons: ['LOW_SHARPNESS'] }],
        }),
      },
      { withheldAttributes: ['emotions', 'gender'], withheldFromMinors: [] },
      notes,
    );
    const found = await embedder.embed(
      { bytes: new Uint8Array() },
      { modelVersion: 'm', find: 'all', maxFaces: 2, keep: 'best', qualityFilter: 'NONE', attributes: all },
      signal,
    );
    for (const { attributes } of [...found.accepted, ...found.rejected]) {
      expect(Object.keys(attributes).sort()).toEqual(['ageRange', 'smile']);
    }
    expect(found.accepted[0]?.template).toBe(probe);
    expect(notes.read().counts).toEqual({ facesFound: 2, facesEmbedded: 1 });
  });
});

/** A search that ignores the threshold and returns matches of these similarities. */
function carelessSearch(similarities: readonly number[]): FaceSearch & { thresholds: number[] } {
  const thresholds: number[] = [];
  return {
    thresholds,
    async searchFaces(_probe, { threshold }) {
      thresholds.push(threshold);
      return similarities.map((similarity) => ({ similarity, face: {} as never }));
    },
    async searchUsers(_probe, { threshold }) {
      thresholds.push(threshold);
      return similarities.map((similarity) => ({ similarity, user: { userId: 'u', status: 'ACTIVE' } }));
    },
    faceProbe: async () => probe,
    userProbe: async () => probe,
  };
}

const attempts = [0, -1, 50, 89.999, Number.NEGATIVE_INFINITY, Number.NaN];

describe('the similarity floor', () => {
  it.each(attempts)('of a search holds against a threshold of %d', async (threshold) => {
    const notes = createNotes();
    const careless = carelessSearch([99, 90, 89.999, 80, 0, Number.NaN]);
    const search = floorSearch(careless, { similarityFloor: 90 }, notes);
    const faces = await search.searchFaces(probe, { threshold, limit: 9 }, signal);
    const users = await search.searchUsers(probe, { threshold, limit: 9 }, signal);
    for (const match of [...faces, ...users]) expect(match.similarity).toBeGreaterThanOrEqual(90);
    for (const used of careless.thresholds) expect(used).toBeGreaterThanOrEqual(90);
    expect(notes.read().effectiveThreshold).toBeGreaterThanOrEqual(90);
  });

  it('leaves a higher threshold as it is and notes no raise', async () => {
    const notes = createNotes();
    const search = floorSearch(carelessSearch([99, 96, 94]), { similarityFloor: 90 }, notes);
    const found = await search.searchFaces(probe, { threshold: 95, limit: 9 }, signal);
    expect(found.map((match) => match.similarity)).toEqual([99, 96]);
    expect(notes.read()).toMatchObject({
      effectiveThreshold: 95,
      thresholdRaised: false,
      counts: { candidatesReturned: 2 },
    });
  });

  it('notes what it raised', async () => {
    const notes = createNotes();
    await floorSearch(carelessSearch([]), { similarityFloor: 99 }, notes).searchUsers(
      probe,
      { threshold: 80, limit: 1 },
      signal,
    );
    expect(notes.read()).toMatchObject({ effectiveThreshold: 99, thresholdRaised: true });
  });

  it('of none lets a threshold of 0 through', async () => {
    const search = floorSearch(carelessSearch([1, 0]), { similarityFloor: 0 }, createNotes());
    expect(await search.searchFaces(probe, { threshold: 0, limit: 9 }, signal)).toHaveLength(2);
  });

  it.each(attempts)('of a comparison holds against a threshold of %d', async (threshold) => {
    const matcher = floorMatcher(
      { modelVersion: 'm', match: async () => [99, 90, 89.999, undefined, Number.NaN, 0] },
      { similarityFloor: 90 },
      createNotes(),
    );
    for (const similarity of await matcher.match(probe, [], threshold, signal)) {
      if (similarity !== undefined) expect(similarity).toBeGreaterThanOrEqual(90);
    }
    expect(await matcher.match(probe, [], 90, signal)).toEqual([99, 90, undefined, undefined, undefined, undefined]);
  });
});

/** Users whose likeness to each face is known; a careless writer tells it whatever the threshold. */
function writerOf(likeness: Readonly<Record<string, number | undefined>>, careless = false) {
  const associated: string[] = [];
  const writer: UserWriter = {
    record: {} as never,
    createUser: async () => undefined,
    findUser: async () => undefined,
    deleteUser: async () => undefined,
    findFaces: async () => [],
    async matchWithUser(_userId, faceId, threshold) {
      const similarity = likeness[faceId];
      if (similarity === undefined) return { matches: true };
      return { matches: careless || similarity >= threshold, similarity };
    },
    async associateFaces(userId, { faceIds }) {
      associated.push(...faceIds);
      return { userId, status: 'ACTIVE', faceCount: 1, revision: 1 };
    },
    disassociateFaces: async (userId) => ({ userId, status: 'CREATED', faceCount: 0, revision: 2 }),
  };
  return { writer, associated };
}

describe('the floor under users', () => {
  const floor = { similarityFloor: 90 };

  it.each([false, true])(
    'admits no face below it and tells no likeness below it (careless store: %s)',
    async (careless) => {
      const { writer } = writerOf({ near: 95, under: 89, far: 3 }, careless);
      const users = floorUserWriter(writer, floor, createNotes());
      expect(await users.matchWithUser('u', 'near', 0)).toEqual({ matches: true, similarity: 95 });
      expect(await users.matchWithUser('u', 'under', 0)).toEqual({ matches: false });
      expect(await users.matchWithUser('u', 'far', 75)).toEqual({ matches: false });
    },
  );

  it('tells a likeness that is above the floor and below the threshold, as AWS does', async () => {
    const users = floorUserWriter(writerOf({ near: 95 }).writer, floor, createNotes());
    expect(await users.matchWithUser('u', 'near', 98)).toEqual({ matches: false, similarity: 95 });
  });

  it("admits a user's first face", async () => {
    const users = floorUserWriter(writerOf({}).writer, floor, createNotes());
    expect(await users.matchWithUser('u', 'first', 0)).toEqual({ matches: true });
  });

  it('refuses to associate a face below it, asked or not', async () => {
    const { writer, associated } = writerOf({ near: 95, under: 89 });
    const users = floorUserWriter(writer, floor, createNotes());
    await users.matchWithUser('u', 'under', 0);
    const change = { revision: 0, maxFaces: 100 };
    await expect(users.associateFaces('u', { ...change, faceIds: ['near', 'under'] })).rejects.toMatchObject({
      code: 'AccessDeniedException',
    });
    expect(associated).toEqual([]);
    await users.associateFaces('u', { ...change, faceIds: ['near'] });
    expect(associated).toEqual(['near']);
  });

  it('takes a face admitted for one user as admitted for that user only', async () => {
    const { writer } = writerOf({ near: 95 });
    const perUser: UserWriter = {
      ...writer,
      matchWithUser: async (userId) => ({ matches: userId === 'a', similarity: userId === 'a' ? 95 : 1 }),
    };
    const users = floorUserWriter(perUser, floor, createNotes());
    await users.matchWithUser('a', 'near', 0);
    await expect(users.associateFaces('b', { faceIds: ['near'], revision: 0, maxFaces: 9 })).rejects.toThrow();
  });

  it('counts what was stored, deleted, given and taken', async () => {
    const notes = createNotes();
    const faces = countFaceWrites(
      {
        record: {} as never,
        addFaces: async ({ faces: stored }) => ({
          faces: stored as never,
          stored: stored.length > 1 ? 0 : stored.length,
        }),
        deleteFaces: async (ids) => ({ deleted: ids.slice(1), refused: [] }),
      },
      notes,
    );
    const newFace = { faceId: 'f', box: face({}).box, confidence: 1, template: probe };
    const image = { imageId: 'i', modelVersion: 'm', maxFaces: 9 };
    await faces.addFaces({ ...image, faces: [newFace] });
    await faces.addFaces({ ...image, faces: [newFace, newFace] });
    await faces.deleteFaces(['a', 'b', 'c']);
    const users = floorUserWriter(writerOf({}).writer, { similarityFloor: 0 }, notes);
    await users.associateFaces('u', { faceIds: ['a', 'b'], revision: 0, maxFaces: 9 });
    await users.disassociateFaces('u', { faceIds: ['a'], revision: 1 });
    expect(notes.read().counts).toEqual({
      facesStored: 1,
      facesDeleted: 2,
      facesAssociated: 2,
      facesDisassociated: 1,
    });
  });
});
