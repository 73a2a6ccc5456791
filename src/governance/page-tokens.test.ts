import { describe, expect, it } from 'vitest';
import { createPageTokens } from './index.ts';

const secret = new Uint8Array(32).fill(7);
function tokensAt(start = 0, key = secret) {
  let nowMs = start;
  const tokens = createPageTokens({ secret: key, clock: () => nowMs });
  return {
    ...tokens,
    pass(ms: number) {
      nowMs += ms;
    },
  };
}
const invalid = expect.objectContaining({
  code: 'InvalidPaginationTokenException',
  message: 'Invalid Pagination Token',
});
function errorOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return 'redeemed';
}

describe('a page token', () => {
  it.each([7, 'user-1', ['prefix', 'digest'], { after: 3, name: 'é' }, null])(
    'gives back the position %j',
    (position) => {
      const tokens = tokensAt();
      const scope = { CollectionId: 'c' };
      expect(tokens.redeem('ListFaces', scope, tokens.issue('ListFaces', scope, position))).toEqual(position);
    },
  );

  it('fits into 255 characters after the longest user id', () => {
    const tokens = tokensAt(Date.UTC(2100, 0));
    const token = tokens.issue('ListUsers', 'c'.repeat(255), 'u'.repeat(128));
    expect(token.length).toBeLessThanOrEqual(255);
    expect(tokens.redeem('ListUsers', 'c'.repeat(255), token)).toBe('u'.repeat(128));
  });

  it('is not issued for a position that would not fit', () => {
    expect(tokensAt().issue('ListUsers', null, 'u'.repeat(165)).length).toBeLessThanOrEqual(255);
    expect(() => tokensAt().issue('ListUsers', null, 'u'.repeat(200))).toThrow(RangeError);
  });

  it('is refused by another operation, with other parameters and by another server', () => {
    const tokens = tokensAt();
    const token = tokens.issue('ListFaces', { CollectionId: 'c' }, 7);
    const otherServer = tokensAt(0, new Uint8Array(32).fill(8));
    expect(errorOf(() => tokens.redeem('ListUsers', { CollectionId: 'c' }, token))).toEqual(invalid);
    expect(errorOf(() => tokens.redeem('ListFaces', { CollectionId: 'd' }, token))).toEqual(invalid);
    expect(errorOf(() => tokens.redeem('ListFaces', undefined, token))).toEqual(invalid);
    expect(errorOf(() => otherServer.redeem('ListFaces', { CollectionId: 'c' }, token))).toEqual(invalid);
  });

  it('is redeemed with the same parameters in another order', () => {
    const tokens = tokensAt();
    expect(tokens.redeem('ListFaces', { b: 1, a: 2 }, tokens.issue('ListFaces', { a: 2, b: 1, c: undefined }, 7))).toBe(
      7,
    );
  });

  it('is refused with any character changed, dropped or added', () => {
    const tokens = tokensAt();
    const token = tokens.issue('ListFaces', null, 7);
    for (let at = 0; at < token.length; at++) {
      const other = token[at] === 'A' ? 'B' : 'A';
      for (const edited of [
        token.slice(0, at) + other + token.slice(at + 1),
        token.slice(0, at) + token.slice(at + 1),
        `${token.slice(0, at)} ${token.slice(at)}`,
      ]) {
        expect(errorOf(() => tokens.redeem('ListFaces', null, edited))).toEqual(invalid);
      }
    }
  });

  it.each(['', 'A', '====', 'not a token', 'x'.repeat(255), 'é'])('%j is none', (token) => {
    expect(errorOf(() => tokensAt().redeem('ListFaces', null, token))).toEqual(invalid);
  });

  it('is redeemed for a day and then no longer', () => {
    const tokens = tokensAt(1_700_000_000_000);
    const token = tokens.issue('ListFaces', null, 7);
    tokens.pass(24 * 3_600_000 - 1);
    expect(tokens.redeem('ListFaces', null, token)).toBe(7);
    tokens.pass(1);
    expect(errorOf(() => tokens.redeem('ListFaces', null, token))).toEqual(invalid);
  });

  it('is not made with a short secret', () => {
    expect(() => createPageTokens({ secret: new Uint8Array(31), clock: () => 0 })).toThrow(RangeError);
  });
});
