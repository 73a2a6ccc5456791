import { describe, expect, it } from 'vitest';
import { linkEndOf } from './cannot-links.ts';
import { decisionsOf } from './review.ts';
import { type ReviewCase, reviewSheet } from './review-sheet.ts';

const candidates = ['a', 'b', 'c'].map((candidateId, index) => ({ candidateId, rank: index + 1 }));

describe('the verdicts of a command line', () => {
  it('name candidates by rank or id, each once, with the reason', () => {
    expect(decisionsOf(candidates, { same: '2', different: 'a', notThisPerson: '3', reason: ' the ear ' })).toEqual([
      { candidateId: 'b', verdict: 'same', reason: 'the ear' },
      { candidateId: 'a', verdict: 'different', reason: 'the ear' },
      { candidateId: 'c', verdict: 'different', reason: 'the ear', notThisPerson: true },
    ]);
  });

  it('are none for a case without candidates, which needs no reason', () => {
    expect(decisionsOf([], {})).toEqual([]);
  });

  it.each([
    [{ same: '1,2', reason: 'x' }, /--cannot-tell 3/],
    [{ same: '1,2,3', different: 'b', reason: 'x' }, /named twice/],
    [{ same: '1,2,4', reason: 'x' }, /no candidate 4/],
    [{ different: '1,2,3' }, /--reason/],
  ])('are refused as %j', (flags, why) => {
    expect(() => decisionsOf(candidates, flags)).toThrow(why);
  });
});

describe('the page of a case', () => {
  const shown: ReviewCase = {
    caseId: 'case-1',
    kind: 'search',
    purpose: 'family-reunification',
    collectionId: 'g<script>',
    openedAt: '2027-03-01T12:00:00.000Z',
    expiresAt: '2027-03-31T12:00:00.000Z',
    probe: 'AAAA',
    candidates: [
      { candidateId: 'a', rank: 1, crop: 'BBBB' },
      { candidateId: 'b', rank: 2 },
    ],
  };

  it('shows the probe beside each candidate, in order, from itself alone', () => {
    const page = reviewSheet(shown);
    expect(page.match(/data:image\/jpeg;base64,AAAA/g)).toHaveLength(2);
    expect(page.indexOf('candidate 1')).toBeLessThan(page.indexOf('candidate 2'));
    expect(page).toContain('no picture');
    expect(page).not.toMatch(/<script|https?:|src="(?!data:)/);
  });

  it('says what to do where there is no candidate', () => {
    expect(reviewSheet({ ...shown, candidates: [] })).toContain('no candidate to judge');
  });
});

describe('an end of a cannot-link', () => {
  it('is read with its kind, whatever colons its id has', () => {
    expect(linkEndOf('image:a:b')).toEqual({ externalImageId: 'a:b' });
    expect(linkEndOf('user:u')).toEqual({ userId: 'u' });
  });

  it.each(['u', 'person:u', 'face:'])('is refused as %j', (text) => {
    expect(() => linkEndOf(text)).toThrow(/face:ID/);
  });
});
