import {
  type Attribute,
  CompareFacesCommand,
  DetectFacesCommand,
  type FaceDetail,
  type RekognitionClient,
} from '@aws-sdk/client-rekognition';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectFailure } from './failures.ts';
import { blankImage, cropFace, frontalFaces, lfwPairs, retouched, smallSample } from './photos.ts';
import { discard, type Server, startServer } from './server.ts';

let server: Server;
let client: RekognitionClient;
let photo: Uint8Array;
let others: Uint8Array;

beforeAll(async () => {
  server = await startServer({ env: { LIKENESS_WORKERS: '2' } });
  client = server.client();
  [photo, others] = await Promise.all([smallSample(6), smallSample(5)]);
});
afterAll(() => discard(server));

const detect = async (Bytes: Uint8Array, Attributes?: Attribute[]): Promise<FaceDetail[]> =>
  (await client.send(new DetectFacesCommand({ Image: { Bytes }, ...(Attributes && { Attributes }) }))).FaceDetails ??
  [];

const defaultMembers = ['BoundingBox', 'Confidence', 'Landmarks', 'Pose', 'Quality'];
const fiveLandmarks = ['eyeLeft', 'eyeRight', 'mouthLeft', 'mouthRight', 'nose'];

describe('DetectFaces', () => {
  it('finds every face that looks towards the camera, largest first', async () => {
    for (const [image, count] of [
      [photo, frontalFaces[6]],
      [others, frontalFaces[5]],
    ] as const) {
      const faces = await detect(image);
      expect(faces).toHaveLength(count);
      const areas = faces.map(({ BoundingBox }) => (BoundingBox?.Width ?? 0) * (BoundingBox?.Height ?? 0));
      expect(areas).toEqual([...areas].sort((a, b) => b - a));
      for (const { Confidence } of faces) expect(Confidence).toBeGreaterThan(50);
    }
  });

  it('tells box, confidence, five landmarks, pose and quality when nothing more is asked', async () => {
    for (const face of await detect(photo)) {
      expect(Object.keys(face).sort()).toEqual(defaultMembers);
      expect(face.Landmarks?.map(({ Type }) => Type).sort()).toEqual(fiveLandmarks);
      const { Left = -1, Top = -1, Width = 0, Height = 0 } = face.BoundingBox ?? {};
      for (const { X = -1, Y = -1 } of face.Landmarks ?? []) {
        expect(X).toBeGreaterThan(Left);
        expect(X).toBeLessThan(Left + Width);
        expect(Y).toBeGreaterThan(Top);
        expect(Y).toBeLessThan(Top + Height);
      }
      for (const value of [face.Quality?.Brightness, face.Quality?.Sharpness]) {
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(100);
      }
      for (const angle of [face.Pose?.Roll, face.Pose?.Yaw, face.Pose?.Pitch]) {
        expect(Math.abs(angle ?? 999)).toBeLessThanOrEqual(180);
      }
    }
  });

  it('puts the eyes above the mouth, and the left eye left in the image', async () => {
    for (const face of await detect(photo)) {
      const at = (type: string) => face.Landmarks?.find(({ Type }) => Type === type) ?? {};
      expect(at('eyeLeft').X).toBeLessThan(at('eyeRight').X ?? 0);
      expect(at('eyeLeft').Y).toBeLessThan(at('mouthLeft').Y ?? 0);
      expect(at('eyeRight').Y).toBeLessThan(at('mouthRight').Y ?? 0);
    }
  });

  it('tells 30 landmarks and everything that can be told for ALL, which wins over other names', async () => {
    const [face] = await detect(photo, ['DEFAULT', 'ALL', 'SMILE']);
    expect(face?.Landmarks).toHaveLength(30);
    expect(new Set(face?.Landmarks?.map(({ Type }) => Type)).size).toBe(30);
    expect(face?.AgeRange?.Low).toBeLessThanOrEqual(face?.AgeRange?.High ?? -1);
    for (const judged of [face?.Smile, face?.EyesOpen, face?.MouthOpen]) {
      expect(judged?.Value).toBeTypeOf('boolean');
      expect(judged?.Confidence).toBeGreaterThanOrEqual(50);
      expect(judged?.Confidence).toBeLessThanOrEqual(100);
    }
  });

  it('tells just the attributes that are named, beside the default ones', async () => {
    const [face] = await detect(photo, ['AGE_RANGE', 'SMILE']);
    expect(Object.keys(face ?? {}).sort()).toEqual([...defaultMembers, 'AgeRange', 'Smile'].sort());
    expect(face?.Landmarks).toHaveLength(5);
  });

  it('leaves emotions and gender out under a purpose that forbids them, without an error', async () => {
    for (const face of await detect(photo, ['ALL'])) {
      expect(face).not.toHaveProperty('Emotions');
      expect(face).not.toHaveProperty('Gender');
    }
  });

  it('never guesses at what no model can tell', async () => {
    for (const face of await detect(photo, ['ALL', 'FACE_OCCLUDED'])) expect(face).not.toHaveProperty('FaceOccluded');
  });

  it('answers an image without a face with an empty list', async () => {
    const answer = await client.send(new DetectFacesCommand({ Image: { Bytes: await blankImage() } }));
    expect(answer.FaceDetails).toEqual([]);
    expect(answer.OrientationCorrection ?? null).toBeNull();
  });

  it('gives the same answer to the same image', async () => {
    expect(await detect(others)).toEqual(await detect(others));
  });

  it('refuses attributes that do not exist and images that are not given', async () => {
    await expectFailure(
      detect(photo, ['SHOE_SIZE' as Attribute]),
      'ValidationException',
      /^1 validation error detected: Value '\[SHOE_SIZE\]' at 'attributes' failed to satisfy constraint: .*enum value set/,
    );
    await expectFailure(
      client.send(new DetectFacesCommand({ Image: undefined })),
      'ValidationException',
      "1 validation error detected: Value null at 'image' failed to satisfy constraint: Member must not be null",
    );
    await expectFailure(client.send(new DetectFacesCommand({ Image: {} })), 'InvalidParameterException');
    const S3Object = { Bucket: 'bucket', Name: 'photo.jpg' };
    await expectFailure(
      client.send(new DetectFacesCommand({ Image: { Bytes: photo, S3Object } })),
      'InvalidParameterException',
    );
  });
});

describe('CompareFaces', () => {
  let faces: FaceDetail[];
  let second: Uint8Array;
  beforeAll(async () => {
    faces = await detect(photo);
    second = await cropFace(photo, faces[1]?.BoundingBox ?? {});
  });

  const compare = async (SourceImage: Uint8Array, TargetImage: Uint8Array, SimilarityThreshold?: number) =>
    client.send(
      new CompareFacesCommand({
        SourceImage: { Bytes: SourceImage },
        TargetImage: { Bytes: TargetImage },
        ...(SimilarityThreshold !== undefined && { SimilarityThreshold }),
      }),
    );

  it('matches the person of the source in the target, and lists the others as unmatched', async () => {
    const { SourceImageFace, FaceMatches = [], UnmatchedFaces = [] } = await compare(second, photo);
    expect(SourceImageFace?.Confidence).toBeGreaterThan(50);
    expect(FaceMatches).toHaveLength(1);
    expect(FaceMatches[0]?.Similarity).toBeGreaterThanOrEqual(80);
    expect(FaceMatches[0]?.Face?.BoundingBox?.Left).toBeCloseTo(faces[1]?.BoundingBox?.Left ?? -1, 1);
    expect(UnmatchedFaces).toHaveLength(faces.length - 1);
    for (const face of [FaceMatches[0]?.Face, ...UnmatchedFaces]) {
      expect(Object.keys(face ?? {})).toEqual(expect.arrayContaining(defaultMembers));
      expect(face?.Landmarks).toHaveLength(5);
    }
  });

  it('takes the largest face of the source', async () => {
    const { SourceImageFace } = await compare(photo, photo);
    expect(SourceImageFace?.BoundingBox?.Left).toBeCloseTo(faces[0]?.BoundingBox?.Left ?? -1, 2);
    expect(SourceImageFace?.BoundingBox?.Width).toBeCloseTo(faces[0]?.BoundingBox?.Width ?? -1, 2);
  });

  it('finds a person again after the photo was retouched', async () => {
    const { FaceMatches = [] } = await compare(await retouched(second), photo);
    expect(FaceMatches).toHaveLength(1);
  });

  it('lists every face as a match, most similar first, for the threshold 0', async () => {
    const { FaceMatches = [], UnmatchedFaces } = await compare(second, photo, 0);
    expect(FaceMatches).toHaveLength(faces.length);
    expect(UnmatchedFaces).toEqual([]);
    const similarities = FaceMatches.map(({ Similarity = -1 }) => Similarity);
    expect(similarities).toEqual([...similarities].sort((a, b) => b - a));
    for (const similarity of similarities) {
      expect(similarity).toBeGreaterThanOrEqual(0);
      expect(similarity).toBeLessThanOrEqual(100);
    }
    expect(similarities.at(-1)).toBeLessThan(80);
  });

  it('finds nobody among strangers', async () => {
    const { FaceMatches, UnmatchedFaces } = await compare(second, others);
    expect(FaceMatches).toEqual([]);
    expect(UnmatchedFaces).toHaveLength(frontalFaces[5]);
  });

  it('refuses a source or a target without a face', async () => {
    const blank = await blankImage();
    await expectFailure(compare(blank, photo), 'InvalidParameterException', 'Request has invalid parameters');
    await expectFailure(compare(photo, blank), 'InvalidParameterException', 'Request has invalid parameters');
  });

  it('refuses a threshold beyond 100 and an unknown quality filter, both in one answer', async () => {
    const request = {
      SourceImage: { Bytes: second },
      TargetImage: { Bytes: photo },
      SimilarityThreshold: 101,
      QualityFilter: 'BEST' as 'AUTO',
    };
    await expectFailure(
      client.send(new CompareFacesCommand(request)),
      'ValidationException',
      (() => {
        const threshold =
          "Value '101.0' at 'similarityThreshold' failed to satisfy constraint: Member must have value less than or equal to 100";
        return new RegExp(
          `^2 validation errors detected: ${threshold.replaceAll('.', '\\.')}.*; Value 'BEST' at 'qualityFilter' failed`,
        );
      })(),
    );
  });
});

const pairs = lfwPairs(8);
describe.skipIf(pairs === undefined)(
  'CompareFaces on labelled pairs of ../shared/data/lfw (skipped where absent)',
  () => {
    it('tells same from different at the default threshold', async () => {
      const outcomes = await Promise.all(
        (pairs ?? []).map(async ({ same, a, b }) => {
          const { FaceMatches = [], UnmatchedFaces = [] } = await client.send(
            new CompareFacesCommand({ SourceImage: { Bytes: a }, TargetImage: { Bytes: b } }),
          );
          expect(FaceMatches.length + UnmatchedFaces.length).toBeGreaterThan(0);
          return { same, matched: FaceMatches.length > 0 };
        }),
      );
      const rightly = (same: boolean) =>
        outcomes.filter((outcome) => outcome.same === same && outcome.matched === same).length;
      expect(rightly(false)).toBe(8);
      expect(rightly(true)).toBeGreaterThanOrEqual(7);
    });
  },
);
