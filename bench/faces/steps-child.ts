import { readFile } from 'node:fs/promises';
import { decodeImage, defaultImageLimits } from '../../src/media/index.ts';
import { pyramidOf } from '../../src/vision/align/raster.ts';
import { runBlazeface } from '../../src/vision/detect/blazeface.ts';
import { runFaceBoxes } from '../../src/vision/detect/faceboxes.ts';
import { findAllFaces } from '../../src/vision/detect/find-faces.ts';
import { dlibFeatures, faceresOutputs } from '../../src/vision/embed/features.ts';
import { regionOfMesh, runFacemesh } from '../../src/vision/landmarks/facemesh.ts';
import { runIris } from '../../src/vision/landmarks/iris.ts';
import { openModelStore } from '../../src/vision/models/index.ts';
import { measureQuality } from '../../src/vision/quality/measure.ts';
import { openRecipe, type Recipe } from '../../src/vision/recipe/constants.ts';
import { templateOf } from '../../src/vision/recipe/template.ts';
import { type Net, openNet } from '../../src/vision/sessions/net.ts';
import { serveChild } from '../shared/child.ts';

/** What the process that takes the pipeline apart is asked. */
export type StepQuestion =
  | { readonly kind: 'open'; readonly modelsDir: string }
  | { readonly kind: 'photo'; readonly path: string };

/** Milliseconds of each step on one photo; steps per face are of its largest face. */
export type StepAnswer = Readonly<Record<string, number>>;

const models = ['blazeface-back', 'faceboxes', 'facemesh', 'iris', 'dlib-recognition', 'faceres'] as const;
type ModelId = (typeof models)[number];

let nets: Readonly<Record<ModelId, Net>> | undefined;
let recipe: Recipe | undefined;

serveChild<StepQuestion, StepAnswer>(async (question) => {
  if (question.kind === 'open') {
    const store = openModelStore({ modelsDir: question.modelsDir });
    const opened = await Promise.all(models.map(async (id) => [id, await openNet((await store.load(id)).bytes)]));
    nets = Object.fromEntries(opened) as Record<ModelId, Net>;
    recipe = openRecipe('accurate');
    return {};
  }
  if (nets === undefined || recipe === undefined) throw new Error('the nets were not opened');
  return timeSteps(nets, recipe, await readFile(question.path));
});

async function timeSteps(open: Readonly<Record<ModelId, Net>>, constants: Recipe, bytes: Buffer): Promise<StepAnswer> {
  const { signal } = new AbortController();
  const steps: Record<string, number> = {};
  const timed = async <T>(name: string, run: () => Promise<T> | T): Promise<T> => {
    const start = performance.now();
    const result = await run();
    steps[name] = performance.now() - start;
    return result;
  };
  await timed('decode, shrunk to 800 px', () => decodeImage(bytes, { limits: defaultImageLimits, maxSide: 800 }));
  const image = await timed('decode, full', () => decodeImage(bytes, { limits: defaultImageLimits }));
  const pyramid = pyramidOf(image);
  await timed('halve the image', () => pyramid.level(pyramid.levels - 1));
  await timed('blazeface, whole image', () => runBlazeface(open['blazeface-back'], pyramid, 0.5));
  await timed('faceboxes x0.75', () => runFaceBoxes(open.faceboxes, pyramid, 0.75, 0.2));
  await timed('faceboxes x1.5', () => runFaceBoxes(open.faceboxes, pyramid, 1.5, 0.2));
  const detectors = { faceboxes: open.faceboxes, blazeface: open['blazeface-back'], facemesh: open.facemesh };
  const faces = await timed('find all faces, in all', () => findAllFaces(detectors, pyramid, signal));
  const mesh = faces[0]?.mesh;
  if (mesh === undefined) return steps;
  await timed('facemesh, a pass', () => runFacemesh(open.facemesh, pyramid, [regionOfMesh(mesh)], 1, signal));
  await timed('quality of a face', () => measureQuality(pyramid, mesh));
  await timed('iris, both eyes', () => runIris(open.iris, pyramid, mesh));
  const [dlib] = await timed('dlib, chip and mirror', () =>
    dlibFeatures(open['dlib-recognition'], pyramid, [mesh], signal),
  );
  const [faceres] = await timed('faceres, chip and mirror', () =>
    faceresOutputs(open.faceres, pyramid, [mesh], signal),
  );
  if (dlib !== undefined && faceres !== undefined) {
    await timed('recipe to a template', () => templateOf(constants, { dlib, faceres: faceres.feature }));
  }
  return steps;
}
