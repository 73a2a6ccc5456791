import { expect, test } from 'vitest';
import type { LoadRow } from './measure.ts';
import { COMPREFACE_PROFILE, judge, LARGE_PHOTO } from './report.ts';

const load = (photo: string, clients: number, p50: number): LoadRow => ({
  photo,
  clients,
  calls: 1,
  seconds: 1,
  p50,
  p95: p50,
  p99: p50 * 10,
  perSecond: 1,
});

test('a large photo may take 120 ms with accurate and 90 with fast, by one client', () => {
  const loads = [load(LARGE_PHOTO, 4, 500), load(LARGE_PHOTO, 1, 100)];
  expect(judge({ profile: 'accurate', loads }).map(({ met }) => met)).toEqual([true]);
  expect(judge({ profile: 'fast', loads }).map(({ met }) => met)).toEqual([false]);
});

test("CompreFace's load is held to the limit of its own test, and a load that was not measured to none", () => {
  expect(judge({ profile: 'accurate', loads: [load(COMPREFACE_PROFILE, 8, 299)] })[0]).toMatchObject({ met: true });
  expect(judge({ profile: 'accurate', loads: [load(COMPREFACE_PROFILE, 8, 301)] })[0]).toMatchObject({ met: false });
  expect(judge({ profile: 'accurate', loads: [] })).toEqual([]);
});
