import { describe, expect, it } from 'vitest';
import { operations, ownOperations } from '../contract/index.ts';
import type { AnyOperation, CapabilityName } from '../governance/index.ts';
import { readTellingMatches } from '../governance/telling-matches.ts';
import { builtOperations } from './operations.ts';

const built: Readonly<Record<string, AnyOperation>> = builtOperations;
const ways = readTellingMatches();

/** What a capability that could tell matches is wrapped in, whichever operation it is given to. */
const wayOfCapability: Partial<Record<CapabilityName, readonly string[]>> = {
  faceSearch: ['withheld'],
  faceMatcher: ['withheld'],
  celebritySearch: ['refused'],
  faceWriter: ['pending'],
  userWriter: ['by-name'],
};

/** Operations that are given a writer and tell no likeness by it. */
const tellingNothing = new Set(['CreateUser', 'DeleteFaces', 'DeleteUser', 'DisassociateFaces']);

describe('the table of operations that tell matches', () => {
  const given = Object.entries(built).flatMap(([name, { needs }]) =>
    needs.flatMap((need) => (wayOfCapability[need] === undefined ? [] : [[name, need] as const])),
  );

  it.each(given)('knows %s, which is given %s', (name, need) => {
    if (tellingNothing.has(name)) expect(ways.has(name)).toBe(false);
    else expect(wayOfCapability[need]).toContain(ways.get(name));
  });

  it('refuses what is not built, so that building it begins with deciding how it withholds', () => {
    const refusedThoughBuilt = new Set(['RecognizeCelebrities']);
    for (const [name, way] of ways) {
      const isRefused = built[name] === undefined || refusedThoughBuilt.has(name);
      expect([name, way === 'refused']).toEqual([name, isRefused]);
    }
  });

  it('names operations that there are', () => {
    for (const name of ways.keys()) expect([...Object.keys(operations), ...Object.keys(ownOperations)]).toContain(name);
  });

  it.each(
    Object.keys(operations).filter(
      (name) => /FaceSearch|^Search|Compare|Celebrit/.test(name) && name !== 'GetCelebrityInfo',
    ),
  )('knows %s by its name', (name) => {
    expect(ways.has(name)).toBe(true);
  });
});
