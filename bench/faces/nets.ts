import type { NetCase, NetsTogether } from '../shared/nets/net-case.ts';

/** Every net that both sides have, as the pipeline calls it. */
export const netCases: readonly NetCase[] = [
  { label: 'dlib-recognition', model: 'dlib-recognition', shape: [1, 150, 150, 3], low: 0, high: 255 },
  { label: 'dlib-recognition x2', model: 'dlib-recognition', shape: [2, 150, 150, 3], low: 0, high: 255 },
  { label: 'faceres', model: 'faceres', shape: [1, 224, 224, 3], low: -120, high: 140 },
  { label: 'faceres x2', model: 'faceres', shape: [2, 224, 224, 3], low: -120, high: 140 },
  { label: 'facemesh', model: 'facemesh', shape: [1, 192, 192, 3], low: 0, high: 1 },
  { label: 'iris x2', model: 'iris', shape: [2, 64, 64, 3], low: 0, high: 1 },
  { label: 'blazeface-back', model: 'blazeface-back', shape: [1, 256, 256, 3], low: -1, high: 1 },
  { label: 'emotion', model: 'emotion', shape: [1, 64, 64, 1], low: -1, high: 1 },
  { label: 'face-expression', model: 'face-expression', shape: [1, 112, 112, 3], low: 0, high: 255 },
  { label: 'faceboxes 1024x640', model: 'faceboxes', shape: [1, 640, 1024, 3], low: -1, high: 1 },
  { label: 'faceboxes 1920x1152', model: 'faceboxes', shape: [1, 1152, 1920, 3], low: -1, high: 1, isLong: true },
];

const embedding = [
  { label: 'facemesh', times: 2 },
  { label: 'dlib-recognition x2', times: 1 },
  { label: 'faceres x2', times: 1 },
];

/** What the pipeline's nets come to together, on a photo of one face that is embedded for `accurate`. */
export const netsTogether: readonly NetsTogether[] = [
  {
    label: 'one face, quick look (blazeface, 2 facemesh, dlib x2, faceres x2)',
    calls: [{ label: 'blazeface-back', times: 1 }, ...embedding],
  },
  {
    label: 'one face, all looked for (the same and faceboxes 1024x640)',
    calls: [{ label: 'blazeface-back', times: 1 }, { label: 'faceboxes 1024x640', times: 1 }, ...embedding],
  },
];
