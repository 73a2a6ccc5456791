import { describe, expect, it } from 'vitest';
import type { DetectLabelsOptions } from '../../vision/index.ts';
import { createNotes } from '../notes.ts';
import { withholdFromLabels } from './labels.ts';

const box = { left: 0, top: 0, width: 1, height: 1 };
const never = new AbortController().signal;

describe('a detector of labels', () => {
  it('is asked for no attribute that the grant withholds, from all or from minors, and is counted', async () => {
    const asked: DetectLabelsOptions[] = [];
    const notes = createNotes();
    const detector = withholdFromLabels(
      {
        async detectLabels(_image, options) {
          asked.push(options);
          const instances = [1, 2, 3].map(() => ({ box, confidence: 90 }));
          const labels = ['Face', 'Smile'].map((name) => ({ name, confidence: 90, instances, source: 'faces' }));
          return { width: 1, height: 1, labels, sources: [] };
        },
      },
      { withheldAttributes: ['smile'], withheldFromMinors: ['beard', 'gender'] },
      notes,
    );
    const options = { minConfidence: 55, attributes: new Set(['smile', 'beard', 'eyeglasses'] as const) };
    await detector.detectLabels({ bytes: new Uint8Array() }, options, never);
    expect([...(asked[0]?.attributes ?? [])]).toEqual(['eyeglasses']);
    expect(notes.read()).toMatchObject({ withheld: ['beard', 'smile'], counts: { facesFound: 3, labelsFound: 2 } });
  });
});
