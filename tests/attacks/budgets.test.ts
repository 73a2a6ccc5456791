import { describe, expect, it } from 'vitest';
import {
  createForwardClock,
  createNotes,
  createProbeWatch,
  createSearchBudgets,
  type FaceMatcher,
  type FaceSearch,
  lastAuditedMs,
  loadPolicy,
  type PurposeName,
  recallSearches,
  watchMatcher,
  watchSearch,
} from '../../src/governance/index.ts';
import type { FaceTemplate } from '../../src/vision/index.ts';
import { callerWith, collectionOf, gateBench, memoryAuditStore } from '../builders/gate.ts';

const hour = 3_600_000;
const minute = 60_000;
const exceeded = { code: 'ProvisionedThroughputExceededException' };
const signal = new AbortController().signal;
const policy = loadPolicy();
const search = ['SearchFacesByImage', { CollectionId: 'c' }] as const;

/** A gate over one collection; its audit can be given to the next, as after a restart. */
function budgetBench(purpose: PurposeName, options: Parameters<typeof gateBench>[0] = {}) {
  const bench = gateBench({ collections: [collectionOf(purpose)], ...options });
  const limit = policy.purposes[purpose].budget?.searchesPerHour ?? 0;
  const spend = async (times: number, caller = callerWith()) => {
    for (let i = 0; i < times; i += 1) await bench.call(...search, caller);
  };
  return { ...bench, limit, spend };
}

describe('a search budget', () => {
  it('ends, says when to come again, and is audited with its rule', async () => {
    const { call, limit, records, spend } = budgetBench('family-reunification');
    await spend(limit);
    await expect(call(...search)).rejects.toMatchObject(exceeded);
    await expect(call(...search)).rejects.toThrow(/1970-01-01T01:16:40.000Z.*docs\/accountability.md#budgets/);
    expect(records().at(-1)).toMatchObject({ kind: 'refusal', rule: 'search-budget', operation: 'SearchFacesByImage' });
  });

  it('is no larger with more keys, nor under another spelling of the person', async () => {
    const { call, limit, spend } = budgetBench('family-reunification');
    await spend(limit);
    for (const differences of [{ accessKeyId: 'AKOTHER' }, { person: 'Operator' }, { person: 'оperator' }]) {
      await expect(call(...search, callerWith(differences))).rejects.toMatchObject(exceeded);
    }
  });

  it('is one for all operations and collections of the purpose', async () => {
    const { call, collections, limit, spend } = budgetBench('family-reunification');
    collections.set('d', collectionOf('family-reunification', 'd'));
    await spend(limit);
    const compare = callerWith({ purposes: ['family-reunification'] });
    await expect(call('SearchUsersByImage', { CollectionId: 'd' })).rejects.toMatchObject(exceeded);
    await expect(call('SearchFaces', { CollectionId: 'c', FaceId: 'f' })).rejects.toMatchObject(exceeded);
    await expect(call('CompareFaces', {}, compare)).rejects.toMatchObject(exceeded);
  });

  it("is each person's own, and each purpose's", async () => {
    const { call, collections, limit, spend } = budgetBench('family-reunification');
    collections.set('m', collectionOf('media-archive', 'm'));
    await spend(limit);
    await call(...search, callerWith({ person: 'Bob' }));
    await call('SearchFacesByImage', { CollectionId: 'm' });
  });

  it('slides: what was spent an hour ago is there again, and no earlier', async () => {
    const { call, limit, pass, spend } = budgetBench('family-reunification');
    await spend(1);
    pass(30 * minute);
    await spend(limit - 1);
    pass(30 * minute - 1);
    await expect(call(...search)).rejects.toMatchObject(exceeded);
    pass(1);
    await call(...search);
    await expect(call(...search)).rejects.toMatchObject(exceeded);
  });

  it('is not refilled by a clock that is turned back, then forward again', async () => {
    const { call, limit, pass, spend } = budgetBench('family-reunification');
    await spend(limit);
    for (const turn of [-2 * hour, hour, 59 * minute]) {
      pass(turn);
      await expect(call(...search)).rejects.toMatchObject(exceeded);
    }
  });

  it('is not spent by searches that another rule refuses, nor by asking when it is empty', async () => {
    const { call, limit, pass, spend } = budgetBench('family-reunification');
    const without = callerWith({ purposes: ['photo-library'] });
    for (let i = 0; i < limit; i += 1) await expect(call(...search, without)).rejects.toThrow('purpose');
    await spend(limit);
    for (let i = 0; i < limit; i += 1) await expect(call(...search)).rejects.toMatchObject(exceeded);
    pass(hour);
    await spend(limit);
  });

  it('is spent by searches that fail', async () => {
    const { call, limit } = budgetBench('family-reunification', {
      run: () => {
        throw new Error('no faces');
      },
    });
    for (let i = 0; i < limit; i += 1) await expect(call(...search)).rejects.toThrow('no faces');
    await expect(call(...search)).rejects.toMatchObject(exceeded);
  });

  it('is not exceeded by searches that come at once', async () => {
    const { call, limit } = budgetBench('family-reunification');
    const answers = await Promise.allSettled(Array.from({ length: limit + 20 }, () => call(...search)));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(limit);
  });

  it.each(['photo-library', 'evaluation'] as const)('does not bind %s', async (purpose) => {
    const { ran, spend } = budgetBench(purpose);
    await spend(1_500);
    expect(ran).toHaveLength(1_500);
  });

  it('does not come back with a restart, not even one with the clock turned back', async () => {
    const auditStore = memoryAuditStore();
    const before = budgetBench('family-reunification', { auditStore });
    await before.spend(before.limit);
    for (const back of [0, -3 * hour]) {
      const clock = createForwardClock(() => 1_000_000 + back, await lastAuditedMs(auditStore));
      const budgets = createSearchBudgets({ clock });
      await recallSearches(auditStore, budgets, clock());
      const after = budgetBench('family-reunification', { parts: { budgets } });
      await expect(after.call(...search)).rejects.toMatchObject(exceeded);
      await after.call(...search, callerWith({ person: 'Bob' }));
    }
  });

  it('is recalled through a log of many pages, and only the last hour of it', async () => {
    const auditStore = memoryAuditStore();
    const before = budgetBench('media-archive', { auditStore });
    await before.spend(900);
    before.pass(hour);
    await before.spend(700);
    const clock = createForwardClock(() => 0, await lastAuditedMs(auditStore));
    const budgets = createSearchBudgets({ clock });
    await recallSearches(auditStore, budgets, clock());
    let left = 0;
    while (budgets.take('operator', 'media-archive', before.limit) === undefined) left += 1;
    expect(left).toBe(before.limit - 700);
  });
});

/** A face as a template; the same number gives the same face. */
function face(number: number): FaceTemplate {
  return Float32Array.from([number, 1]);
}

/** A watched search and matcher whose store notes what it was asked. */
function watchBench(purpose: PurposeName, most?: number) {
  let nowMs = 10 * hour;
  const clock = createForwardClock(() => nowMs);
  const watch = createProbeWatch({ clock, ...(most !== undefined && { most }) });
  const asked: FaceTemplate[] = [];
  const notices: string[] = [];
  const beneath: FaceSearch = {
    async searchFaces(probe) {
      asked.push(probe);
      return [];
    },
    async searchUsers(probe) {
      asked.push(probe);
      return [];
    },
    faceProbe: async () => undefined,
    userProbe: async () => undefined,
  };
  const matcher: FaceMatcher = {
    modelVersion: 'm',
    async match(source) {
      asked.push(source);
      return [];
    },
  };
  const parts = {
    watch,
    budget: policy.purposes[purpose].budget,
    modelVersion: 'm',
    // Faces of neighbouring numbers look alike, below the similarity that counts as the same.
    similarityOf: (a: FaceTemplate, b: FaceTemplate) => 100 - Math.abs((a[0] ?? 0) - (b[0] ?? 0)),
    notice: (text: string) => notices.push(text),
  };
  return {
    watch,
    asked,
    notices,
    budget: parts.budget ?? { searchesPerHour: 0, repeatsOfOneProbePerHour: 0, differentProbesPerTenMinutes: 0 },
    pass(ms: number) {
      nowMs += ms;
    },
    async look(probe: FaceTemplate, operation = 'SearchFacesByImage', person = 'operator') {
      const notes = createNotes();
      const grant = { operation, person, purpose, review: policy.purposes[purpose].review };
      const options = { threshold: 0, limit: 1 };
      try {
        if (operation === 'CompareFaces') await watchMatcher(matcher, grant, notes, parts).match(probe, [], 0, signal);
        else await watchSearch(beneath, grant, notes, parts).searchFaces(probe, options, signal);
        return undefined;
      } catch (error) {
        expect(error).toMatchObject(exceeded);
        return notes.read().rule;
      }
    },
  };
}

describe('probes of one face', () => {
  it('are refused beyond the limit before the store is asked, flagged, and told to the log', async () => {
    const { asked, budget, look, notices } = watchBench('family-reunification');
    for (let i = 0; i < budget.repeatsOfOneProbePerHour; i += 1) expect(await look(face(1))).toBeUndefined();
    expect(await look(face(1))).toBe('probe-watch/repeated');
    expect(asked).toHaveLength(budget.repeatsOfOneProbePerHour);
    expect(notices).toEqual([expect.stringContaining('probe-watch/repeated')]);
  });

  it('are recognised in another photo, by another operation and by another spelling of the person', async () => {
    const { budget, look } = watchBench('identity-verification');
    for (let i = 0; i < budget.repeatsOfOneProbePerHour; i += 1) await look(face(1));
    expect(await look(face(1.5))).toBe('probe-watch/repeated');
    expect(await look(face(1), 'CompareFaces')).toBe('probe-watch/repeated');
    expect(await look(face(1), 'SearchUsersByImage', 'OPERATOR')).toBe('probe-watch/repeated');
    expect(await look(face(1), 'SearchFacesByImage', 'Bob')).toBeUndefined();
    expect(await look(face(3))).toBeUndefined();
  });

  it('may come again after an hour, though they were tried meanwhile', async () => {
    const { budget, look, pass } = watchBench('family-reunification');
    for (let i = 0; i < budget.repeatsOfOneProbePerHour; i += 1) await look(face(1));
    pass(hour - 1);
    expect(await look(face(1))).toBe('probe-watch/repeated');
    pass(1);
    expect(await look(face(1))).toBeUndefined();
  });

  it('are not forgotten because the clock is turned back', async () => {
    const { budget, look, pass } = watchBench('family-reunification');
    for (let i = 0; i < budget.repeatsOfOneProbePerHour; i += 1) await look(face(1));
    pass(-5 * hour);
    expect(await look(face(1))).toBe('probe-watch/repeated');
  });
});

describe('probes of a crowd', () => {
  it('are refused beyond the limit, while faces seen just now still pass', async () => {
    const { budget, look } = watchBench('family-reunification');
    for (let i = 0; i < budget.differentProbesPerTenMinutes; i += 1) expect(await look(face(10 * i))).toBeUndefined();
    expect(await look(face(10_000))).toBe('probe-watch/crowd');
    expect(await look(face(0))).toBeUndefined();
  });

  it('are counted over images and stored faces together', async () => {
    const { budget, look } = watchBench('family-reunification');
    const operations = ['SearchFacesByImage', 'SearchFaces', 'CompareFaces'];
    for (let i = 0; i < budget.differentProbesPerTenMinutes; i += 1) await look(face(10 * i), operations[i % 3]);
    expect(await look(face(10_000), 'SearchFaces')).toBe('probe-watch/crowd');
  });

  it('may go on after ten minutes', async () => {
    const { budget, look, pass } = watchBench('family-reunification');
    for (let i = 0; i < budget.differentProbesPerTenMinutes; i += 1) await look(face(10 * i));
    pass(10 * minute);
    expect(await look(face(10_000))).toBeUndefined();
  });
});

describe('a refusal of a probe', () => {
  it('never says under review that two photos of the caller look alike', async () => {
    const { budget, look } = watchBench('family-reunification');
    for (let i = 0; i < budget.repeatsOfOneProbePerHour; i += 1) await look(face(1));
    expect(await look(face(1))).toBe('probe-watch/repeated');
    expect(await look(face(1.5))).toBeUndefined();
    expect(await look(face(1.5), 'CompareFaces')).toBeUndefined();
  });

  it('does not say that a stored face looks like another, or like an image', async () => {
    const { budget, look } = watchBench('family-reunification');
    for (let i = 0; i < budget.repeatsOfOneProbePerHour; i += 1) await look(face(1), 'SearchFaces');
    expect(await look(face(1), 'SearchFaces')).toBe('probe-watch/repeated');
    // Both are the same face to the model, and a review may be withholding just that.
    expect(await look(face(1.5), 'SearchFaces')).toBeUndefined();
    expect(await look(face(1))).toBeUndefined();
  });
});

describe('the watch', () => {
  it.each(['photo-library', 'evaluation'] as const)('keeps nothing under %s', async (purpose) => {
    const { look, watch } = watchBench(purpose);
    for (let i = 0; i < 500; i += 1) expect(await look(face(1))).toBeUndefined();
    expect(watch.held()).toBe(0);
  });

  it('holds a probe an hour at most, and overwrites it when it is dropped', async () => {
    const kept: FaceTemplate[] = [];
    let nowMs = 0;
    const watch = createProbeWatch({ clock: () => nowMs });
    const budget = { searchesPerHour: 9, repeatsOfOneProbePerHour: 9, differentProbesPerTenMinutes: 9 };
    const isSameFace = (held: FaceTemplate) => {
      kept.push(held);
      return false;
    };
    const look = (probe: FaceTemplate) =>
      watch.look({ person: 'p', purpose: 'media-archive', group: 'g', probe, budget, isSameFace });
    const own = face(7);
    look(own);
    look(face(8));
    expect(kept[0]).toEqual(own);
    nowMs = hour;
    watch.forget();
    expect(watch.held()).toBe(0);
    expect(kept[0]).toEqual(Float32Array.from([0, 0]));
    expect(own).toEqual(face(7));
    look(face(9));
    watch.close();
    expect(watch.held()).toBe(0);
  });

  it('holds no more than it may, whoever searches', async () => {
    const { look, watch } = watchBench('media-archive', 10);
    for (let i = 0; i < 50; i += 1) await look(face(10 * i), 'SearchFacesByImage', `person ${i % 3}`);
    expect(watch.held()).toBe(10);
  });

  it('is audited with its rule in the outcome', async () => {
    const bench = gateBench({
      collections: [collectionOf('family-reunification')],
      run({ notes }) {
        notes.flag('probe-watch/crowd');
        throw Object.assign(new Error('too much'), exceeded);
      },
    });
    await expect(bench.call(...search)).rejects.toThrow('too much');
    expect(bench.records().at(-1)).toMatchObject({ kind: 'outcome', rule: 'probe-watch/crowd' });
  });
});
