import { describe, expect, it } from 'vitest';
import { collectionOf, gateBench } from '../../tests/builders/gate.ts';
import { noteProbes } from './enforce/index.ts';
import { createNotes, mostSubjects } from './notes.ts';

const hashOf = (number: number) => number.toString(16).padStart(64, '0');

describe('notes for the audit', () => {
  it('stand in the outcome: whom it was about, with what was searched, which case', async () => {
    const bench = gateBench({
      collections: [collectionOf('photo-library')],
      run({ notes }) {
        notes.subject(hashOf(1));
        notes.subject(hashOf(2));
        notes.subject(hashOf(1));
        notes.probe(hashOf(3));
        notes.reviewCase('case-1');
        notes.count('candidatesReleased', 2);
      },
    });
    await bench.call('SearchFacesByImage', { CollectionId: 'c' });
    const [decision, outcome] = bench.records();
    expect(decision).not.toHaveProperty('probes');
    expect(outcome).toMatchObject({
      kind: 'outcome',
      subjects: [hashOf(1), hashOf(2)],
      subjectCount: 2,
      probes: [hashOf(3)],
      case: 'case-1',
      counts: { candidatesReleased: 2 },
    });
  });

  it('stand in the outcome of a call that failed as well', async () => {
    const bench = gateBench({
      collections: [collectionOf('photo-library')],
      run({ notes }) {
        notes.probe(hashOf(3));
        throw new Error('broken');
      },
    });
    await expect(bench.call('SearchFacesByImage', { CollectionId: 'c' })).rejects.toThrow();
    expect(bench.records()[1]).toMatchObject({ code: 'InternalServerError', probes: [hashOf(3)] });
  });

  it('name some subjects of many and tell how many there were', () => {
    const notes = createNotes();
    for (let i = 0; i < 100; i += 1) {
      notes.subject(hashOf(i));
      notes.probe(hashOf(i));
    }
    const { subjects, subjectCount, probes } = notes.read();
    expect([subjects.length, subjectCount, probes.length]).toEqual([mostSubjects, 100, mostSubjects]);
  });

  it.each(['ada-lovelace', 'ADA', '3f', '', 'f'.repeat(63), `${'f'.repeat(64)}\n`])(
    'take no %j, which may be a name or an id, for a hash',
    (text) => {
      const notes = createNotes();
      expect(() => notes.subject(text)).toThrow(TypeError);
      expect(() => notes.probe(text)).toThrow(TypeError);
      expect(notes.read()).toMatchObject({ subjectCount: 0, probes: [] });
    },
  );
});

describe('probes', () => {
  const images = { read: async () => ({ bytes: new Uint8Array([1, 2]), imageId: 'i' }) };
  const signal = new AbortController().signal;
  const notedBy = async (operation: string) => {
    const notes = createNotes();
    const reader = noteProbes(images, { operation }, notes, (bytes) => hashOf(bytes.length));
    expect(await reader.read({}, signal)).toEqual({ bytes: new Uint8Array([1, 2]), imageId: 'i' });
    return notes.read().probes;
  };

  it.each(['SearchFacesByImage', 'SearchUsersByImage', 'CompareFaces'])('of %s are noted', async (operation) => {
    expect(await notedBy(operation)).toEqual([hashOf(2)]);
  });

  it.each(['DetectFaces', 'IndexFaces'])('are not the images of %s', async (operation) => {
    expect(await notedBy(operation)).toEqual([]);
  });
});
