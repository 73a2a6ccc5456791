import { describe, expect, it } from 'vitest';
import { keepAnswerHeaders } from './answer-headers.ts';
import type { Terminal } from './output.ts';

function notesOf(headers: Readonly<Record<string, string>>): { readonly notes: string[]; readonly case?: string } {
  const notes: string[] = [];
  const kept = keepAnswerHeaders();
  kept.take(headers);
  kept.note({ note: (line: string) => notes.push(line) } as unknown as Terminal);
  const reviewCase = kept.reviewCase();
  return { notes, ...(reviewCase !== undefined && { case: reviewCase }) };
}

describe('what an answer told in headers', () => {
  it('is silent where no rule changed the answer', () => {
    expect(notesOf({ 'x-likeness-policy': 'ab', 'x-likeness-purpose': 'photo-library' })).toEqual({ notes: [] });
  });

  it('names the case and how to ask what came of it', () => {
    const told = notesOf({ 'x-likeness-review-case': 'c-1' });
    expect(told.case).toBe('c-1');
    expect(told.notes).toEqual([expect.stringContaining('likeness review outcome c-1')]);
  });

  it('says which floor was used instead of the threshold', () => {
    const headers = { 'x-likeness-purpose': 'access-control', 'x-likeness-similarity-threshold': '99' };
    expect(notesOf(headers).notes).toEqual(['the purpose access-control asks for a similarity of 99 at least']);
  });
});
