import { concepts } from './concepts.ts';
import { faceLabels } from './face-labels.ts';
import { imagenet } from './imagenet.ts';
import { nanodet } from './nanodet.ts';
import type { LabelSourceDefinition } from './source.ts';
import { yolox } from './yolox.ts';

/** Every source of labels that this version knows, in the order in which they look. */
export const labelSources: readonly LabelSourceDefinition[] = [nanodet, yolox, faceLabels, imagenet, concepts];
