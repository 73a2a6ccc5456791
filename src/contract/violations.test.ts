import { describe, expect, it } from 'vitest';
import { BodyTypeError, createConstraintCheck, readConstraints, typedBody, violationsMessage } from './index.ts';

const { shapes } = readConstraints();
const check = createConstraintCheck(shapes);
const faceId = '0123abcd-0123-4567-89ab-0123456789ab';
const facePattern = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';

describe('constraints', () => {
  it('pass a valid request', () => {
    expect(check('SearchFacesRequest', { CollectionId: 'a.b-c_D', FaceId: faceId, MaxFaces: 4096 })).toEqual([]);
  });

  it('name a missing member as null', () => {
    expect(violationsMessage(check('CreateCollectionRequest', {}))).toBe(
      "1 validation error detected: Value null at 'collectionId' failed to satisfy constraint: Member must not be null",
    );
  });

  it('name several broken constraints in the order of the model, joined by semicolons', () => {
    const found = check('SearchFacesRequest', { CollectionId: '', FaceId: 'x', MaxFaces: 0, FaceMatchThreshold: 101 });
    expect(violationsMessage(found)).toBe(
      '5 validation errors detected: ' +
        "Value '' at 'collectionId' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.\\-]+; " +
        "Value '' at 'collectionId' failed to satisfy constraint: Member must have length greater than or equal to 1; " +
        `Value 'x' at 'faceId' failed to satisfy constraint: Member must satisfy regular expression pattern: ${facePattern}; ` +
        "Value '0' at 'maxFaces' failed to satisfy constraint: Member must have value greater than or equal to 1; " +
        "Value '101.0' at 'faceMatchThreshold' failed to satisfy constraint: Member must have value less than or equal to 100",
    );
  });

  it('hold a pattern against the whole value', () => {
    expect(check('CreateCollectionRequest', { CollectionId: 'good\nbad' })).toHaveLength(1);
    expect(check('SearchFacesRequest', { CollectionId: 'c', FaceId: `${faceId}0` })).toHaveLength(1);
  });

  it('refuse a list of simple values with all demands on a member', () => {
    const found = check('DeleteFacesRequest', { CollectionId: 'c', FaceIds: [faceId, 'x'] });
    expect(found).toEqual([
      `Value '[${faceId}, x]' at 'faceIds' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy regular expression pattern: ${facePattern}]`,
    ]);
  });

  it('count the members of a list', () => {
    const found = check('DeleteFacesRequest', { CollectionId: 'c', FaceIds: [] });
    expect(found).toEqual([
      "Value '[]' at 'faceIds' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ]);
  });

  it('list the values of an enumeration in the order of the model', () => {
    const [first] = check('SearchFacesByImageRequest', { CollectionId: 'c', Image: {}, QualityFilter: 'auto' });
    expect(first).toBe(
      "Value 'auto' at 'qualityFilter' failed to satisfy constraint: Member must satisfy enum value set: [NONE, AUTO, LOW, MEDIUM, HIGH]",
    );
  });

  it('name the keys and the values of a map apart', () => {
    const found = check('CreateCollectionRequest', { CollectionId: 'c', Tags: { 'aws:x': '1', ok: '§' } });
    expect(found).toHaveLength(2);
    expect(found[0]).toContain(
      "Value '{aws:x=1, ok=§}' at 'tags' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1, Member must satisfy",
    );
    expect(found[1]).toContain('Map value must satisfy constraint: [');
  });

  it('accept letters of any script in tags', () => {
    expect(check('CreateCollectionRequest', { CollectionId: 'c', Tags: { 目的: 'größe 𝒜' } })).toEqual([]);
  });

  it('number the members of a list of structures', () => {
    const found = check('CreateFaceLivenessSessionRequest', {
      Settings: { ChallengePreferences: [{ Type: 'FaceMovementChallenge' }, {}] },
    });
    expect(found).toEqual([
      "Value null at 'settings.challengePreferences.2.member.type' failed to satisfy constraint: Member must not be null",
    ]);
  });

  it('never tell the bytes of an image, and leave its greatest size to the server', () => {
    const image = { Bytes: new Uint8Array(0) };
    expect(check('DetectFacesRequest', { Image: image })).toEqual([
      "Value at 'image.bytes' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ]);
    expect(check('DetectFacesRequest', { Image: { Bytes: new Uint8Array(6_000_000) } })).toEqual([]);
  });

  it('keep a message short however long the value is', () => {
    const message = violationsMessage(check('CreateCollectionRequest', { CollectionId: 'x'.repeat(1_000_000) }));
    expect(message.length).toBeLessThan(2_000);
  });

  it('answer for every pattern at once on text that is long and nearly matches', () => {
    const hostile = ['a', '-', ' ', '0', 'arn:aws:sns:', ':aaaaaaaaaaaa', '\u00a0', 'a-', '{'];
    for (const [name, shape] of Object.entries(shapes)) {
      if (shape.type !== 'string' || shape.pattern === undefined) continue;
      for (const piece of hostile) check(name, `${piece.repeat(50_000 / piece.length)}\n!`);
    }
  });
});

describe('typed bodies', () => {
  it('leave out unknown members, nulls and prototype tricks', () => {
    const body = JSON.parse('{"CollectionId":"c","Nope":1,"Tags":{"__proto__":"x"},"__type":"y"}') as unknown;
    const typed = typedBody(shapes, 'CreateCollectionRequest', body) as { Tags: object };
    expect(JSON.stringify(typed)).toBe('{"CollectionId":"c","Tags":{"__proto__":"x"}}');
    expect(Object.getPrototypeOf(typed.Tags)).toBe(Object.prototype);
    expect(typedBody(shapes, 'ListCollectionsRequest', { MaxResults: null })).toEqual({});
  });

  it.each([
    ['ListCollectionsRequest', [], 'Start of list found where not expected'],
    ['ListCollectionsRequest', 'x', 'Unexpected token received from parser'],
    ['ListCollectionsRequest', { MaxResults: '5' }, 'STRING_VALUE can not be converted to an Integer'],
    ['ListCollectionsRequest', { MaxResults: 2 ** 31 }, 'NUMBER_VALUE can not be converted to an Integer'],
    ['CreateCollectionRequest', { CollectionId: 7 }, 'NUMBER_VALUE can not be converted to a String'],
    ['CreateCollectionRequest', { CollectionId: true }, 'TRUE_VALUE can not be converted to a String'],
    ['CreateCollectionRequest', { CollectionId: {} }, 'Start of structure or map found where not expected'],
    ['DeleteFacesRequest', { FaceIds: 'x' }, 'Expected list or null'],
    ['SearchFacesRequest', { FaceMatchThreshold: 1e300 }, 'NUMBER_VALUE can not be converted to a Float'],
  ])('refuse a member of %s of another type: %j', (shape, body, message) => {
    expect(() => typedBody(shapes, shape, body)).toThrow(new BodyTypeError(message));
  });

  it('hold the bytes of a blob', () => {
    const read = (Bytes: string) => typedBody(shapes, 'Image', { Bytes });
    expect(read('AP8Q')).toEqual({ Bytes: Uint8Array.of(0, 255, 16) });
    expect(read('AP8=')).toEqual({ Bytes: Uint8Array.of(0, 255) });
    expect(read('')).toEqual({ Bytes: new Uint8Array(0) });
    for (const text of ['AP8', 'A===', 'AP8§', 'AP-_', 'AP 8', '====', 'AP8Q\n']) {
      expect(() => read(text), text).toThrow(new BodyTypeError('The blob is not base64'));
    }
  });

  it('cut the fraction off an integer', () => {
    expect(typedBody(shapes, 'ListCollectionsRequest', { MaxResults: 5.9 })).toEqual({ MaxResults: 5 });
  });
});
