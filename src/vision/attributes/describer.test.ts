import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testModelsDir } from '../../../tests/setup/models.ts';
import { decodeImage, defaultImageLimits } from '../../media/index.ts';
import { pyramidOf } from '../align/raster.ts';
import { findAllFaces } from '../detect/find-faces.ts';
import type { FaceAttribute } from '../faces.ts';
import type { MeasuredPhoto } from '../measured-face.ts';
import { fetchSamplePhotos, openModelStore } from '../models/index.ts';
import { measurePhoto } from '../photo.ts';
import { type Net, openNet } from '../sessions/net.ts';
import { createFaceDescriber, describerOf, type OpenFaceDescriber } from './describer.ts';
import { openProbes } from './probes.ts';

const ALL: ReadonlySet<FaceAttribute> = new Set<FaceAttribute>([
  'ageRange',
  'beard',
  'emotions',
  'eyeDirection',
  'eyeglasses',
  'eyesOpen',
  'gender',
  'mouthOpen',
  'mustache',
  'smile',
  'sunglasses',
]);

const { signal } = new AbortController();

/** A net that must not be run. */
const forbidden: Net = {
  run: () => Promise.reject(new Error('this net was not needed')),
  close: () => Promise.resolve(),
};

/** A photo whose faces have meshes but whose faceres must not be run. */
function withoutFaceres(photo: MeasuredPhoto): MeasuredPhoto {
  return { ...photo, faceres: () => Promise.reject(new Error('faceres was not needed')) };
}

describe('the describer of faces, on real photos', () => {
  let describer: OpenFaceDescriber;
  let photos: MeasuredPhoto[];
  const nets: Net[] = [];

  beforeAll(async () => {
    const models = openModelStore({ modelsDir: testModelsDir() });
    const open = async (id: string) => {
      const net = await openNet((await models.load(id)).bytes);
      nets.push(net);
      return net;
    };
    const finding = {
      faceboxes: await open('faceboxes'),
      blazeface: await open('blazeface-back'),
      facemesh: await open('facemesh'),
    };
    const measuring = { iris: await open('iris'), faceres: await open('faceres') };
    describer = await createFaceDescriber({ models });
    photos = [];
    for (const path of (await fetchSamplePhotos(testModelsDir())).slice(0, 3)) {
      const decoded = await decodeImage(readFileSync(path), { limits: defaultImageLimits });
      const pyramid = pyramidOf(decoded);
      const found = (await findAllFaces(finding, pyramid, signal)).slice(0, 4);
      photos.push(await measurePhoto(measuring, pyramid, found, true, signal));
    }
  });

  afterAll(async () => {
    await describer.close();
    await Promise.all(nets.map((net) => net.close()));
  });

  it('tells every face in order, within the ranges of the contract', async () => {
    for (const photo of photos) {
      expect(photo.faces.length).toBeGreaterThan(0);
      const described = await describer.describe(photo, ALL, signal);
      expect(described).toHaveLength(photo.faces.length);
      for (const face of described) {
        const { low = -1, high = -1 } = face.ageRange ?? {};
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high - low).toBeGreaterThanOrEqual(4);
        expect(high).toBeLessThanOrEqual(100);
        expect([low, high].every(Number.isInteger)).toBe(true);
        expect(face.emotions).toHaveLength(7);
        expect(face.emotions?.reduce((sum, { confidence }) => sum + confidence, 0)).toBeCloseTo(100, 3);
        for (const told of [face.gender, face.smile, face.mouthOpen, face.eyesOpen, face.beard, face.sunglasses]) {
          if (told === undefined) continue;
          expect(told.confidence).toBeGreaterThanOrEqual(50);
          expect(told.confidence).toBeLessThanOrEqual(100);
        }
      }
    }
  });

  it('sees what anyone can see on the sample photos: adults, who smiles, whose eyes are shut, and no beard', async () => {
    const faces = await Promise.all(photos.map((photo) => describer.describe(photo, ALL, signal)));
    for (const face of faces.flat()) {
      expect(face.ageRange?.high).toBeGreaterThanOrEqual(20);
      expect(face.ageRange?.low).toBeLessThanOrEqual(50);
      for (const absent of [face.beard, face.mustache, face.eyeglasses, face.sunglasses]) {
        if (absent !== undefined) expect(absent.value).toBe(false);
      }
    }
    expect(faces[0]?.[0]).toMatchObject({
      smile: { value: true },
      eyesOpen: { value: true },
      mouthOpen: { value: true },
    });
    expect(faces[2]?.slice(0, 2)).toMatchObject([{ smile: { value: true } }, { smile: { value: true } }]);
    expect(faces[1]?.[1]).toMatchObject({ smile: { value: false }, eyesOpen: { value: false } });
  });

  it('says the same of the same photo twice', async () => {
    const [photo] = photos;
    if (photo === undefined) throw new Error('no photo');
    expect(await describer.describe(photo, ALL, signal)).toEqual(await describer.describe(photo, ALL, signal));
  });

  it('leaves out what was not asked for, and runs no net for it', async () => {
    const [photo] = photos;
    if (photo === undefined) throw new Error('no photo');
    const frugal = describerOf({ expression: forbidden, emotion: forbidden }, openProbes());
    const fields = async (who: Pick<OpenFaceDescriber, 'describe'>, from: MeasuredPhoto, wanted: FaceAttribute[]) =>
      Object.keys((await who.describe(from, new Set(wanted), signal))[0] ?? {});
    expect(await fields(frugal, withoutFaceres(photo), ['mouthOpen'])).toEqual(['mouthOpen']);
    expect(await fields(frugal, photo, ['gender'])).toEqual(['gender']);
    expect(await fields(describer, withoutFaceres(photo), ['smile'])).toEqual(['smile']);
    await expect(fields(frugal, photo, ['emotions'])).rejects.toThrow('not needed');
  });

  it('stops when its caller has gone', async () => {
    const [photo] = photos;
    if (photo === undefined) throw new Error('no photo');
    await expect(describer.describe(photo, ALL, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
  });
});
