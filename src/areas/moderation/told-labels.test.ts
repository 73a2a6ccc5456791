import { describe, expect, it } from 'vitest';
import { toldLabels } from './told-labels.ts';

describe('labels of moderation', () => {
  it('come with the labels above them, and their level', () => {
    expect(toldLabels([{ name: 'Implied Nudity', confidence: 71 }], 50)).toEqual([
      { Name: 'Implied Nudity', ParentName: 'Non-Explicit Nudity', Confidence: 71, TaxonomyLevel: 3 },
      {
        Name: 'Non-Explicit Nudity',
        ParentName: 'Non-Explicit Nudity of Intimate parts and Kissing',
        Confidence: 71,
        TaxonomyLevel: 2,
      },
      {
        Name: 'Non-Explicit Nudity of Intimate parts and Kissing',
        ParentName: '',
        Confidence: 71,
        TaxonomyLevel: 1,
      },
    ]);
  });

  it('make a parent as sure as the surest below it, each told once, surest first', () => {
    const told = toldLabels(
      [
        { name: 'Weapons', confidence: 60 },
        { name: 'Violence', confidence: 55 },
        { name: 'Physical Violence', confidence: 80 },
        { name: 'Gambling', confidence: 90 },
      ],
      50,
    );
    expect(told.map(({ Name, Confidence }) => [Name, Confidence])).toEqual([
      ['Gambling', 90],
      ['Physical Violence', 80],
      ['Graphic Violence', 80],
      ['Violence', 80],
      ['Weapons', 60],
    ]);
  });

  it('are left out below the least confidence', () => {
    const found = [
      { name: 'Weapons', confidence: 49.9 },
      { name: 'Smoking', confidence: 50 },
    ];
    expect(toldLabels(found, 50).map(({ Name }) => Name)).toEqual([
      'Smoking',
      'Drugs & Tobacco Paraphernalia & Use',
      'Drugs & Tobacco',
    ]);
    expect(toldLabels(found, 0)).toHaveLength(5);
  });

  it('are never of a name that Rekognition does not know', () => {
    expect(() => toldLabels([{ name: 'Knitting', confidence: 1 }], 50)).toThrow(TypeError);
  });
});
