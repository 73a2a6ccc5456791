import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeImage, defaultImageLimits } from '../../src/media/index.ts';
import { packageRoot } from '../../src/shared/package-root.ts';
import { pyramidOf } from '../../src/vision/align/raster.ts';
import { PROBE_FIELDS, type ProbeField } from '../../src/vision/attributes/index.ts';
import { findAllFaces } from '../../src/vision/detect/find-faces.ts';
import type { FoundFace } from '../../src/vision/detect/mesh-faces.ts';
import { faceresOutputs } from '../../src/vision/embed/features.ts';
import type { ModelStore } from '../../src/vision/models/index.ts';
import { openNet } from '../../src/vision/sessions/net.ts';

/** What was seen on a face: 1 yes, 0 no, undefined where it can't be told. */
export type FaceLabels = Readonly<Record<ProbeField, 0 | 1 | undefined>>;

/** A labelled face; its person is a number that means nothing outside this run. */
export interface LabelledFace {
  readonly labels: FaceLabels;
  readonly person: number;
  /** `[1024]`, faceres' raw feature: mean of crop and mirror. */
  readonly feature: Float32Array;
  /** 0..1, faceres' gender. */
  readonly male: number;
}

/** Progress of a long step. */
export type OnProgress = (step: string, done: number, total: number) => void;

/** The labels of data/attribute-labels.tsv by the SHA-256 of the image. */
export function readLabels(): ReadonlyMap<string, FaceLabels> {
  const [header = '', ...lines] = readFileSync(join(packageRoot(), 'data', 'attribute-labels.tsv'), 'utf8')
    .trimEnd()
    .split('\n');
  const columns = header.split('\t');
  const labelOf = (cell: string | undefined) => (cell === '1' ? 1 : cell === '0' ? 0 : undefined);
  return new Map(
    lines.map((line) => {
      const cells = line.split('\t');
      const of = (field: ProbeField) => labelOf(cells[columns.indexOf(field)]);
      const [eyeglasses, sunglasses, beard, mustache] = PROBE_FIELDS.map(of);
      return [cells[0] ?? '', { eyeglasses, sunglasses, beard, mustache }];
    }),
  );
}

/** How to measure the labelled faces. */
export interface MeasureParts {
  /** LFW's images: `<person>/<file>`. */
  readonly imagesFolder: string;
  readonly models: Pick<ModelStore, 'load'>;
}

/**
 * Measures the labelled faces by the pipeline's own detector, meshes and faceres; of several faces in an image the one
 * nearest to its centre, whom LFW means. An image without a found face is left out.
 *
 * About four minutes on two cores.
 */
export async function measureLabelledFaces(
  { imagesFolder, models }: MeasureParts,
  onProgress: OnProgress = () => {},
): Promise<LabelledFace[]> {
  const labels = readLabels();
  const open = async (id: string) => openNet((await models.load(id)).bytes);
  const nets = {
    faceboxes: await open('faceboxes'),
    blazeface: await open('blazeface-back'),
    facemesh: await open('facemesh'),
  };
  const faceres = await open('faceres');
  const { signal } = new AbortController();
  const faces: LabelledFace[] = [];
  let seen = 0;
  for (const [person, folder] of readdirSync(imagesFolder).sort().entries()) {
    for (const file of readdirSync(join(imagesFolder, folder)).sort()) {
      const bytes = readFileSync(join(imagesFolder, folder, file));
      const known = labels.get(createHash('sha256').update(bytes).digest('hex'));
      if (known === undefined) continue;
      onProgress('measure', ++seen, labels.size);
      const image = pyramidOf(await decodeImage(bytes, { limits: defaultImageLimits }));
      const face = nearestToCentre(await findAllFaces(nets, image, signal), image.width, image.height);
      if (face === undefined) continue;
      const [outputs] = await faceresOutputs(faceres, image, [face.mesh], signal);
      if (outputs) faces.push({ labels: known, person, feature: outputs.feature, male: outputs.male });
    }
  }
  await Promise.all([...Object.values(nets), faceres].map((net) => net.close()));
  return faces;
}

function nearestToCentre(faces: readonly FoundFace[], width: number, height: number): FoundFace | undefined {
  const distance = ({ box }: FoundFace) => Math.hypot((box.x0 + box.x1 - width) / 2, (box.y0 + box.y1 - height) / 2);
  return [...faces].sort((a, b) => distance(a) - distance(b))[0];
}
