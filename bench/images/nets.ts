import type { NetCase } from '../shared/nets/net-case.ts';

/** The nets of labels and moderation, as DetectLabels and DetectModerationLabels call them. */
export const imageNetCases: readonly NetCase[] = [
  { label: 'labels (nanodet)', model: 'nanodet', shape: [1, 418, 418, 3], low: -2, high: 2.5 },
  { label: 'moderation (mobilenet)', model: 'nsfw-mobilenet', shape: [1, 224, 224, 3], low: -1, high: 1 },
];
