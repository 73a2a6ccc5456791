import type { FaceDetail } from '@aws-sdk/client-rekognition';
import { connect, type GlobalOptions } from '../connect.ts';
import { drawLook, lookOfFaces } from '../drawing/index.ts';
import { readImage } from '../images.ts';
import { printResult, renderTable, type Terminal } from '../output.ts';

/** Options of `likeness detect-faces`. */
export interface DetectFacesFlags extends GlobalOptions {
  readonly all?: boolean;
  readonly draw?: string;
}

/** Prints the faces of an image, and draws them where asked. */
export async function runDetectFaces(image: string, flags: DetectFacesFlags, terminal: Terminal): Promise<void> {
  const bytes = await readImage(image);
  const { api, close } = await connect(flags, terminal);
  try {
    const found = await api.detectFaces({ Image: bytes, ...(flags.all && { Attributes: ['ALL'] }) });
    const faces = found.FaceDetails ?? [];
    await drawLook(image, lookOfFaces(faces), flags.draw, terminal);
    printResult(terminal, flags.json === true, { FaceDetails: faces }, () => renderFaces(faces, flags.all === true));
  } finally {
    await close();
  }
}

const percent = (ratio: number | undefined) => `${((ratio ?? 0) * 100).toFixed(1)}%`;

const answer = (told: { Value?: unknown; Confidence?: number | undefined } | undefined) =>
  told === undefined
    ? undefined
    : `${told.Value === true ? 'yes' : told.Value === false ? 'no' : told.Value} ${told.Confidence?.toFixed(0)}`;

function renderFaces(faces: readonly FaceDetail[], all: boolean): string {
  const numbered = faces.map((face, index) => ({ ...face, number: index + 1 }));
  const table = renderTable(
    numbered,
    [
      { title: '#', value: (face) => face.number, align: 'right' },
      { title: 'sure', value: (face) => face.Confidence?.toFixed(1), align: 'right' },
      { title: 'left', value: (face) => percent(face.BoundingBox?.Left), align: 'right' },
      { title: 'top', value: (face) => percent(face.BoundingBox?.Top), align: 'right' },
      { title: 'width', value: (face) => percent(face.BoundingBox?.Width), align: 'right' },
      { title: 'height', value: (face) => percent(face.BoundingBox?.Height), align: 'right' },
      { title: 'yaw', value: (face) => face.Pose?.Yaw?.toFixed(0), align: 'right' },
      { title: 'bright', value: (face) => face.Quality?.Brightness?.toFixed(0), align: 'right' },
      { title: 'sharp', value: (face) => face.Quality?.Sharpness?.toFixed(0), align: 'right' },
      ...(all
        ? ([
            { title: 'age', value: (face) => face.AgeRange && `${face.AgeRange.Low}-${face.AgeRange.High}` },
            { title: 'gender', value: (face) => answer(face.Gender) },
            { title: 'smile', value: (face) => answer(face.Smile) },
            { title: 'eyes open', value: (face) => answer(face.EyesOpen) },
            { title: 'mouth open', value: (face) => answer(face.MouthOpen) },
            { title: 'glasses', value: (face) => answer(face.Eyeglasses) },
            { title: 'sunglasses', value: (face) => answer(face.Sunglasses) },
            { title: 'beard', value: (face) => answer(face.Beard) },
            { title: 'mustache', value: (face) => answer(face.Mustache) },
            { title: 'emotion', value: (face) => face.Emotions?.[0]?.Type },
          ] satisfies Parameters<typeof renderTable<FaceDetail>>[1])
        : []),
    ],
    'no face',
  );
  return `${table}\n${faces.length} ${faces.length === 1 ? 'face' : 'faces'}`;
}
