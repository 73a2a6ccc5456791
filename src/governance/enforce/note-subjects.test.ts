import { describe, expect, it } from 'vitest';
import type { FaceRecord } from '../../stores/ports/index.ts';
import type { FaceSearch, FaceWriter } from '../capabilities.ts';
import { createNotes, mostSubjects } from '../notes.ts';
import { noteFoundSubjects, noteStoredSubjects } from './note-subjects.ts';

const hashOf = (subject: string): string => Buffer.from(subject.padEnd(32, '.')).toString('hex').slice(0, 64);
const known = async (subject: string): Promise<string | undefined> => hashOf(subject);
const face = (faceId: string, names: Partial<FaceRecord> = {}): FaceRecord => ({
  faceId,
  imageId: 'i',
  box: { left: 0, top: 0, width: 1, height: 1 },
  confidence: 99,
  modelVersion: 'm',
  storedAtMs: 0,
  ...names,
});
const searchThatFinds = (...faces: FaceRecord[]): FaceSearch => ({
  searchFaces: async () => faces.map((one) => ({ face: one, similarity: 99 })),
  searchUsers: async () => [{ user: { userId: 'u', status: 'ACTIVE' }, similarity: 99 }],
  faceProbe: async () => undefined,
  userProbe: async () => undefined,
});
const options = { threshold: 80, limit: 10 };
const signal = new AbortController().signal;

describe('subjects in the audit', () => {
  it('are those whom a search answered with, each once, by their own keys', async () => {
    const notes = createNotes();
    const found = [
      face('1', { externalImageId: 'a' }),
      face('2', { externalImageId: 'a' }),
      face('3', { userId: 'u' }),
      face('4'),
    ];
    const search = noteFoundSubjects(searchThatFinds(...found), notes, known);
    await search.searchFaces(new Float32Array(1), options, signal);
    await search.searchUsers(new Float32Array(1), options, signal);
    expect(notes.read().subjects).toEqual(['a', 'u', '4'].map(hashOf));
  });

  it('stay unnamed when they have no key', async () => {
    const notes = createNotes();
    const search = noteFoundSubjects(searchThatFinds(face('1')), notes, async () => undefined);
    await search.searchFaces(new Float32Array(1), options, signal);
    expect(notes.read().subjects).toEqual([]);
  });

  it('are looked up as often as a record has room for, however many were found', async () => {
    const notes = createNotes();
    let asked = 0;
    const found = Array.from({ length: 500 }, (_, i) => face(`${i}`));
    const search = noteFoundSubjects(searchThatFinds(...found), notes, async (subject) => {
      asked++;
      return hashOf(subject);
    });
    expect(await search.searchFaces(new Float32Array(1), options, signal)).toHaveLength(500);
    expect(asked).toBe(mostSubjects);
  });

  it('are noted before a deletion destroys their keys', async () => {
    const notes = createNotes();
    let there = true;
    const writer: FaceWriter = {
      record: { id: 'c', purpose: 'photo-library', modelVersion: 'm', createdAtMs: 0, faceCount: 1, userCount: 0 },
      addFaces: async () => ({ faces: [], stored: 0 }),
      deleteFaces: async (faceIds) => {
        there = false;
        return { deleted: [...faceIds], refused: [] };
      },
    };
    const parts = {
      pseudonymOf: async (subject: string) => (there ? hashOf(subject) : undefined),
      findFaces: async () => [face('1', { externalImageId: 'a' })],
    };
    await noteStoredSubjects(writer, notes, parts).deleteFaces(['1']);
    expect(notes.read().subjects).toEqual([hashOf('a')]);
  });
});
