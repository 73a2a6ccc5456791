import { describe, expect, it } from 'vitest';
import {
  createNotes,
  createProbeSheet,
  type FaceMatcher,
  type FaceSearch,
  type WithholdingParts,
  withholdMatcher,
  withholdSearch,
} from '../../src/governance/index.ts';
import type { FaceRecord } from '../../src/stores/ports/index.ts';
import { collectionOf } from '../builders/gate.ts';

/**
 * A clock tells "no match" from "withheld" where the two do different work. So the work is counted: every call to the
 * store, the documents, the worker and the desk, in its order and with what makes it dear, and the size of the case.
 */

const signal = new AbortController().signal;
const probe = new Float32Array([1, 0]);
const faceOf = (i: number): FaceRecord => ({
  faceId: `face-${i}`,
  imageId: `image-${i}`,
  externalImageId: `name-${i}`,
  box: { left: 0, top: 0, width: 0.1, height: 0.1 },
  confidence: 99,
  modelVersion: 'm',
  storedAtMs: 0,
});

/** A house that logs what is done, in which the faces have these similarities. */
function logged(options: { similarities: readonly number[]; minors?: readonly string[]; barred?: readonly string[] }) {
  const log: string[] = [];
  const did = (what: string) => void log.push(what);
  const opened: Parameters<WithholdingParts['desk']['open']>[0][] = [];
  const parts: WithholdingParts = {
    desk: {
      async open(request) {
        did('desk.open');
        opened.push(request);
        return { caseId: 'case' };
      },
    },
    crops: {
      keep: async () => did('crops.keep'),
      async of() {
        did('crops.of');
        return new Uint8Array([1]);
      },
      remove: async () => did('crops.remove'),
    },
    cannotLinks: {
      async forCollection() {
        did('links');
        const barred = new Set(options.barred);
        return { isEmpty: barred.size === 0, excludes: (_probe, { faceId = '' }) => barred.has(faceId) };
      },
    },
    minors: {
      async anyIn() {
        did('minors.anyIn');
        return options.minors !== undefined;
      },
      async isMinor(_collection, { faceId = '', userId = '' }) {
        did('minors.isMinor');
        return options.minors?.includes(faceId) || options.minors?.includes(userId) || false;
      },
      seen: () => did('minors.seen'),
    },
    cropper: {
      async crop(_image, { boxes }) {
        did(`crop ${boxes.length}`);
        return boxes.map(() => new Uint8Array([1]));
      },
    },
    collections: {
      async findFaces(_id, ids) {
        did('findFaces');
        return ids.map(() => faceOf(0));
      },
      findFacesOfSubject: async () => [],
      faceTemplate: async () => probe,
      listCollections: async () => [],
      async listFaces() {
        did('listFaces');
        return { faces: [faceOf(0)] };
      },
    },
    similarityOf: () => 0,
    probeHash: () => 'hash',
  };
  const found = <Hit>(limit: number, threshold: number, hit: (i: number) => Hit) => {
    did(`search limit ${limit} threshold ${threshold}`);
    return options.similarities
      .map((similarity, i) => ({ similarity, ...hit(i) }))
      .filter(({ similarity }) => similarity >= threshold)
      .slice(0, limit);
  };
  const search: FaceSearch = {
    searchFaces: async (_probe, { limit, threshold }) => found(limit, threshold, (i) => ({ face: faceOf(i) })),
    searchUsers: async (_probe, { limit, threshold }) =>
      found(limit, threshold, (i) => ({ user: { userId: `user-${i}`, status: 'ACTIVE' as const } })),
    faceProbe: async () => probe,
    userProbe: async () => probe,
  };
  const matcher: FaceMatcher = {
    modelVersion: 'm',
    async match(_source, targets) {
      did(`match ${targets.length}`);
      return targets.map((_, i) => options.similarities[i]);
    },
  };
  return { log, opened, parts, search, matcher };
}

const image = { bytes: new Uint8Array(8) };
const box = { left: 0, top: 0, width: 1, height: 1 };

async function searchLog(
  options: Parameters<typeof logged>[0],
  {
    review = 'two-reviewers' as const,
    by = 'faces' as 'faces' | 'users',
    limit = 80,
    threshold = 80,
  }: {
    review?: 'none' | 'two-reviewers';
    by?: 'faces' | 'users';
    limit?: number;
    threshold?: number;
  } = {},
) {
  const house = logged(options);
  const probes = createProbeSheet();
  probes.note(probe, { kind: 'image', image, box });
  const search = withholdSearch(
    house.search,
    { operation: 'SearchFacesByImage', person: 'p', purpose: 'x', review },
    collectionOf('x'),
    house.parts,
    { notes: createNotes(), probes },
  );
  const asked = { threshold, limit };
  const answer =
    by === 'faces' ? await search.searchFaces(probe, asked, signal) : await search.searchUsers(probe, asked, signal);
  return { ...house, answer };
}

const strangers = Array.from({ length: 100 }, (_, i) => 40 - i / 10);
const oneMatch = [99, ...strangers.slice(1)];
const allMatch = Array.from({ length: 100 }, (_, i) => 99 - i / 10);

describe('a search under review', () => {
  it.each(['faces', 'users'] as const)(
    'does the same work whether no one, one or everyone of the %s is alike',
    async (by) => {
      const [none, one, all] = await Promise.all(
        [strangers, oneMatch, allMatch].map((similarities) => searchLog({ similarities }, { by })),
      );
      expect(one?.log).toEqual(none?.log);
      expect(all?.log).toEqual(none?.log);
      expect([none, one, all].map((each) => each?.answer)).toEqual([[], [], []]);
      expect([none, one, all].map((each) => each?.opened[0]?.candidates.length)).toEqual([0, 1, 20]);
    },
  );

  it('does the same work whatever the threshold and number of faces asked for', async () => {
    const [usual, low, few, many] = await Promise.all([
      searchLog({ similarities: oneMatch }),
      searchLog({ similarities: oneMatch }, { threshold: 0 }),
      searchLog({ similarities: oneMatch }, { limit: 1 }),
      searchLog({ similarities: oneMatch }, { limit: 4096 }),
    ]);
    for (const other of [low, few, many]) expect(other.log).toEqual(usual.log);
    expect(few.opened[0]?.candidates).toHaveLength(1);
  });

  it('asks the desk for nothing more: every candidate brings its picture, or says that there is none', async () => {
    const { opened } = await searchLog({ similarities: allMatch });
    for (const candidate of opened[0]?.candidates ?? []) expect(candidate).toHaveProperty('crop');
  });
});

describe('a search among minors', () => {
  const minors = ['face-0'];

  it('does the same work whether the minor is alike or not', async () => {
    const away = await searchLog({ similarities: strangers, minors }, { review: 'none' });
    const there = await searchLog({ similarities: oneMatch, minors }, { review: 'none' });
    expect(there.log).toEqual(away.log);
    expect([there.answer, away.answer]).toEqual([[], []]);
    expect([there.opened[0]?.candidates.length, away.opened[0]?.candidates.length]).toEqual([1, 0]);
  });

  it('answers as many adults as were asked for, in their order, without a gap for the minors', async () => {
    const young = Array.from({ length: 90 }, (_, i) => `face-${i}`);
    const { answer } = await searchLog({ similarities: allMatch, minors: young }, { review: 'none', limit: 5 });
    expect(answer.map((hit) => ('face' in hit ? hit.face.faceId : ''))).toEqual(
      [90, 91, 92, 93, 94].map((i) => `face-${i}`),
    );
  });
});

describe('a search with cannot-links', () => {
  it('answers as many as were asked for without those that are barred', async () => {
    const barred = ['face-0', 'face-2'];
    const { answer, log } = await searchLog({ similarities: allMatch, barred }, { review: 'none', limit: 2 });
    expect(answer.map((hit) => ('face' in hit ? hit.face.faceId : ''))).toEqual(['face-1', 'face-3']);
    expect(log).not.toContain('desk.open');
  });

  it('shows reviewers none of those that are barred', async () => {
    const { opened } = await searchLog({ similarities: allMatch, barred: ['face-0'] });
    expect(opened[0]?.candidates.map(({ faceId }) => faceId)).not.toContain('face-0');
  });
});

describe('a comparison under review', () => {
  const compare = async (similarities: readonly number[]) => {
    const house = logged({ similarities });
    const probes = createProbeSheet();
    const targets = similarities.map(() => new Float32Array(2));
    for (const template of [probe, ...targets]) probes.note(template, { kind: 'image', image, box });
    const grant = { operation: 'CompareFaces', person: 'p', purpose: 'x', review: 'two-reviewers' } as const;
    const matcher = withholdMatcher(house.matcher, grant, house.parts, { notes: createNotes(), probes });
    return { ...house, answer: await matcher.match(probe, targets, 80, signal) };
  };

  it('does the same work whether the faces are alike or not, and tells no likeness', async () => {
    const [none, some] = [await compare([10, 20, 30]), await compare([99, 20, 98])];
    expect(some.log).toEqual(none.log);
    expect(some.answer).toEqual([undefined, undefined, undefined]);
    expect(some.opened[0]?.candidates.map(({ similarity }) => similarity)).toEqual([99, 98]);
    expect(none.opened[0]?.candidates).toEqual([]);
  });

  it('cuts no more faces than reviewers see, however many there are', async () => {
    const { log } = await compare(Array.from({ length: 100 }, () => 99));
    expect(log.filter((what) => what.startsWith('crop'))).toEqual(['crop 20', 'crop 1']);
  });
});

describe('a template from nowhere', () => {
  it('is not searched with: what reviewers cannot be shown is not looked for', async () => {
    const house = logged({ similarities: oneMatch });
    const search = withholdSearch(
      house.search,
      { operation: 'SearchFaces', person: 'p', purpose: 'x', review: 'two-reviewers' },
      collectionOf('x'),
      house.parts,
      { notes: createNotes(), probes: createProbeSheet() },
    );
    await expect(search.searchFaces(probe, { threshold: 0, limit: 1 }, signal)).rejects.toThrow(/came by none/);
    expect(house.opened).toEqual([]);
  });
});
