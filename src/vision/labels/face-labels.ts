import type { FaceAttribute, FaceAttributes, FaceObservation, Judgement } from '../faces.ts';
import type { LabelInstance, RawLabel } from './port.ts';
import type { LabelSourceDefinition, LookOptions } from './source.ts';

/** Faces that are told as instances at most, as DetectFaces does. */
const MAX_FACES = 100;
/** The largest faces, whose attributes are looked at: each costs about 40 ms, and small ones tell none. */
const DESCRIBED_FACES = 5;

type Judged = Extract<FaceAttribute, 'beard' | 'eyeglasses' | 'mustache' | 'smile' | 'sunglasses'>;

/** The label that a face's attribute becomes where it is true. Emotions, gender and age become none. */
const LABEL_OF: Readonly<Record<Judged, string>> = {
  beard: 'Beard',
  eyeglasses: 'Glasses',
  mustache: 'Mustache',
  smile: 'Smile',
  sunglasses: 'Sunglasses',
};
const JUDGED = Object.keys(LABEL_OF) as readonly Judged[];

/** What the faces of an image are as labels: how sure each is follows the surest face. */
export function labelsOfFaces(
  faces: readonly Pick<FaceObservation, 'box' | 'confidence' | 'attributes'>[],
  { wanted, minConfidence }: Pick<LookOptions, 'wanted' | 'minConfidence'>,
): RawLabel[] {
  const source = 'faces';
  const labels: RawLabel[] = [];
  const isWanted = (name: string): boolean => wanted?.has(name) !== false;
  const instances = faces
    .map(({ box, confidence }): LabelInstance => ({ box: within(box), confidence }))
    .filter(({ confidence }) => confidence >= minConfidence)
    .sort((a, b) => b.confidence - a.confidence);
  if (isWanted('Face') && instances[0] !== undefined)
    labels.push({ name: 'Face', confidence: instances[0].confidence, instances, source });
  for (const attribute of JUDGED) {
    const name = LABEL_OF[attribute];
    const confidence = Math.max(0, ...faces.map(({ attributes }) => confidenceOf(attributes, attribute)));
    if (isWanted(name) && confidence > 0 && confidence >= minConfidence)
      labels.push({ name, confidence, instances: [], source });
  }
  return labels;
}

function confidenceOf(attributes: FaceAttributes, attribute: Judged): number {
  const judgement: Judgement | undefined = attributes[attribute];
  return judgement?.value === true ? judgement.confidence : 0;
}

/** The part of a box that lies within the image. */
function within({ left, top, width, height }: FaceObservation['box']): FaceObservation['box'] {
  const x = Math.min(1, Math.max(0, left));
  const y = Math.min(1, Math.max(0, top));
  return {
    left: x,
    top: y,
    width: Math.max(0, Math.min(1, left + width) - x),
    height: Math.max(0, Math.min(1, top + height) - y),
  };
}

/** Faces, and what their attributes tell of the picture, by the nets of DetectFaces. */
export const faceLabels: LabelSourceDefinition = {
  id: 'faces',
  version: '1',
  side: 1280,
  async coverage() {
    return {
      source: 'faces',
      version: '1',
      operation: 'DetectLabels',
      labels: ['Crowd', 'Face', ...Object.values(LABEL_OF)].sort(),
      notCovered: `Gender, age and emotions are no labels here. Attributes are told of the ${DESCRIBED_FACES} largest faces. An animal may be taken for a face.`,
    };
  },
  async open({ faces }) {
    return {
      async look(image, { wanted, attributes, ...rest }, signal) {
        const asked = JUDGED.filter((name) => attributes.has(name) && wanted?.has(LABEL_OF[name]) !== false);
        const found = await faces.detectIn(
          image,
          { maxFaces: MAX_FACES, attributes: new Set(asked), describedFaces: DESCRIBED_FACES },
          signal,
        );
        return labelsOfFaces(found.faces, { ...rest, ...(wanted && { wanted }) });
      },
      // The worker's own engine stays open.
      close: async () => {},
    };
  },
};
