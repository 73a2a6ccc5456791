import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { imageDigest, imageIdOf } from './image-id.ts';

describe('the digest of an image', () => {
  it('is the SHA-256 of its bytes, of equal bytes in other arrays too', () => {
    const bytes = new Uint8Array([1, 2, 3]);
    const expected = createHash('sha256').update(bytes).digest('hex');
    for (const one of [bytes, bytes, bytes.slice(), new Uint8Array([0, 1, 2, 3]).subarray(1)]) {
      expect(imageDigest(one).toString('hex')).toBe(expected);
    }
    expect(imageDigest(bytes.subarray(0, 2)).toString('hex')).not.toBe(expected);
  });

  it('is what its id begins with', () => {
    const bytes = new Uint8Array([1, 2, 3]);
    expect(imageIdOf(bytes)).toBe('039058c6-f2c0-5b49-ac53-3b0a4d14ef77');
    expect(imageDigest(bytes).toString('hex').startsWith('039058c6f2c0')).toBe(true);
  });
});
