import { describe, expect, it } from 'vitest';
import { createImageReader } from './image-reader.ts';

const reader = createImageReader({
  objects: { read: async () => new Uint8Array(500) },
  maxInlineBytes: 100,
  maxObjectBytes: 1000,
});
const { signal } = new AbortController();

describe('an image that a request holds', () => {
  it('may be as long as the server takes, and no longer than the operation takes', async () => {
    const Bytes = new Uint8Array(80);
    await expect(reader.read({ Bytes }, signal)).resolves.toMatchObject({ bytes: Bytes });
    await expect(reader.read({ Bytes }, signal, { maxInlineBytes: 80 })).resolves.toMatchObject({ bytes: Bytes });
    const tooLong = { name: 'ImageTooLargeException', message: 'Image size is too large.' };
    await expect(reader.read({ Bytes }, signal, { maxInlineBytes: 79 })).rejects.toMatchObject(tooLong);
    const longer = new Uint8Array(101);
    await expect(reader.read({ Bytes: longer }, signal, { maxInlineBytes: 200 })).rejects.toMatchObject(tooLong);
  });

  it('is not bounded by that when it lies in a bucket', async () => {
    const S3Object = { Bucket: 'photos', Name: 'a.jpg' };
    expect((await reader.read({ S3Object }, signal, { maxInlineBytes: 80 })).bytes).toHaveLength(500);
  });

  it("carries the operation's bounds for its sides to where it is decoded", async () => {
    const Bytes = new Uint8Array(8);
    const bounds = { maxInlineBytes: 80, minSide: 64, maxSide: 4096 };
    expect((await reader.read({ Bytes }, signal, bounds)).sides).toEqual({ minSide: 64, maxSide: 4096 });
    expect(await reader.read({ Bytes }, signal)).not.toHaveProperty('sides');
  });
});
