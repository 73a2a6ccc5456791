import { describe, expect, it } from 'vitest';
import type { MovedFace } from '../../stores/ports/index.ts';
import { decodeFaces, decodePayload, encodeFaces, encodePayload, PayloadError } from './payload.ts';

const expected = { dimensions: 4, nowMs: 1_000_000 };
const face: MovedFace = {
  faceId: '00000000-0000-4000-8000-000000000001',
  imageId: '00000000-0000-4000-8000-000000000002',
  externalImageId: 'ann',
  box: { left: -0.01, top: 0.2, width: 0.30000001192092896, height: 0.4 },
  confidence: 99.123,
  storedAtMs: 999,
  template: Float32Array.of(0.6, 0.8, 0, 0),
};
const refused = (work: () => unknown) => expect(work).toThrow(PayloadError);

describe('faces in a file', () => {
  it('come back exactly as they were', () => {
    const { externalImageId: _, ...unnamed } = face;
    expect(decodeFaces(encodeFaces([face, unnamed]), expected)).toEqual([face, unnamed]);
    expect(decodeFaces(encodeFaces([]), expected)).toEqual([]);
  });

  it.each<[string, object]>([
    ['a face id that is none', { faceId: '../../etc/passwd' }],
    ['a face id in capitals', { faceId: 'ABCDEF00-0000-4000-8000-000000000001' }],
    ['an image id that is none', { imageId: 7 }],
    ['a name that the API does not allow', { externalImageId: 'a b' }],
    ['a name that is too long', { externalImageId: 'x'.repeat(256) }],
    ['a box without a side', { box: { left: 0, top: 0, width: 1 } }],
    ['a box as large as a house', { box: { left: 0, top: 0, width: 1e9, height: 1 } }],
    ['a confidence beyond 100', { confidence: 101 }],
    ['a time in the future', { storedAtMs: 1_000_001 }],
    ['a time that is none', { storedAtMs: 'now' }],
    ['a template that every search would find', { template: Float32Array.of(3, 0, 0, 0) }],
    ['a template of nothing', { template: new Float32Array(4) }],
    ['a template that is no number', { template: Float32Array.of(Number.NaN, 1, 0, 0) }],
    ['a template without end', { template: Float32Array.of(Number.POSITIVE_INFINITY, 1, 0, 0) }],
    ['a template of another length', { template: Float32Array.of(1, 0, 0) }],
  ])('are refused with %s', (_, change) => {
    refused(() => decodeFaces(encodeFaces([{ ...face, ...change } as MovedFace]), expected));
  });

  it('are refused when lengths lie, wherever a byte is cut or flipped', () => {
    const whole = encodeFaces([face]);
    for (let length = 0; length < whole.length; length += 1) {
      refused(() => decodeFaces(whole.subarray(0, length), expected));
    }
    refused(() => decodeFaces(Buffer.concat([whole, Buffer.of(0)]), expected));
    for (let at = 0; at < 4; at += 1) {
      const copy = Buffer.from(whole);
      copy[at] = (copy[at] ?? 0) ^ 0xff;
      refused(() => decodeFaces(copy, expected));
    }
  });
});

describe('what else is in a file', () => {
  it('comes back as it was', () => {
    const links = [
      { one: { faceId: face.faceId }, other: { userId: 'u' }, persons: ['Ann'], reason: 'r', source: 'person' },
    ];
    expect(decodePayload('cannot-links', encodePayload('cannot-links', { links } as never))).toEqual({ links });
    const roll = { faces: [[face.faceId, null] as const, [face.imageId, 'ann'] as const] };
    expect(decodePayload('roll', encodePayload('roll', roll))).toEqual(roll);
  });

  it.each<[Parameters<typeof decodePayload>[0], unknown]>([
    ['roll', { faces: [['x', null]] }],
    ['roll', { faces: [[face.faceId, 'a user']] }],
    ['roll', { faces: {} }],
    ['users', { userIds: ['x'.repeat(129)] }],
    ['users', []],
    ['minors', { marks: [{ subject: 'a', purpose: '*', person: 'p', reason: 'r', source: 'hearsay' }] }],
    [
      'minors',
      { marks: [{ subject: 'a', purpose: '*', person: 'p', reason: 'r', source: 'person', adultFrom: 'soon' }] },
    ],
    [
      'cannot-links',
      { links: [{ one: { hash: 'a' }, other: { userId: 'u' }, persons: [], reason: 'r', source: 'person' }] },
    ],
    [
      'cannot-links',
      {
        links: [
          {
            one: { faceId: face.faceId, userId: 'u' },
            other: { userId: 'u' },
            persons: [],
            reason: 'r',
            source: 'person',
          },
        ],
      },
    ],
    ['consents', { receipts: [7] }],
    ['about', { tags: { a: 7 } }],
    ['about', null],
  ])('is refused where it has another form: %s %j', (part, value) => {
    refused(() => decodePayload(part, Buffer.from(JSON.stringify(value))));
  });
});
