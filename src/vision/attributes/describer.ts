import type { FaceAttribute, FaceAttributes } from '../faces.ts';
import type { FaceDescriber, FaceresOutputs, MeasuredFace } from '../measured-face.ts';
import type { ModelStore } from '../models/index.ts';
import { openNet } from '../sessions/net.ts';
import { ageRangeOf, genderOf } from './age-and-gender.ts';
import { type EmotionNets, type EmotionScores, rankEmotions, runEmotions } from './emotions.ts';
import { frameOf } from './face-frame.ts';
import { eyeDirectionOf } from './gaze.ts';
import { eyesOpenOf, mouthOpenOf, smileOf } from './mouth-and-eyes.ts';
import { openProbes, type Probes } from './probes.ts';
import { wornAndGrown } from './worn-and-grown.ts';

/** What a describer is made of. */
export interface DescriberParts {
  readonly models: Pick<ModelStore, 'load'>;
}

/** A describer that owns its nets. */
export interface OpenFaceDescriber extends FaceDescriber {
  /** Frees the nets. */
  close(): Promise<void>;
}

/** Attributes that the emotion nets take part in: laughing lifts the mouth and narrows the eyes. */
const FROM_EMOTIONS: readonly FaceAttribute[] = ['emotions', 'smile', 'eyesOpen'];
/** Eyes are in it because dark glasses, which faceres tells, hide them. */
const FROM_FACERES: readonly FaceAttribute[] = [
  'eyesOpen',
  'eyeDirection',
  'ageRange',
  'gender',
  'eyeglasses',
  'sunglasses',
  'beard',
  'mustache',
];

/**
 * Opens what tells the attributes of faces: two small nets and the linear probes; age, gender and the probes read
 * faceres, which the photo runs.
 *
 * @throws {UnknownModelError | ModelMissingError | ModelCorruptError | ProbesCorruptError}
 */
export async function createFaceDescriber({ models }: DescriberParts): Promise<OpenFaceDescriber> {
  const probes = openProbes();
  const open = async (id: string) => openNet((await models.load(id)).bytes);
  const [expression, emotion] = await Promise.all([open('face-expression'), open('emotion')]);
  const describer = describerOf({ expression, emotion }, probes);
  return {
    describe: describer.describe,
    async close() {
      await Promise.all([expression.close(), emotion.close()]);
    },
  };
}

/** Makes a describer of loaded nets and probes; only what the wanted attributes need is run. */
export function describerOf(nets: EmotionNets, probes: Probes): FaceDescriber {
  return {
    async describe(photo, wanted, signal) {
      signal.throwIfAborted();
      const isAnyWanted = (fields: readonly FaceAttribute[]) => fields.some((field) => wanted.has(field));
      const emotions = isAnyWanted(FROM_EMOTIONS) ? await runEmotions(nets, photo, signal) : [];
      const faceres = isAnyWanted(FROM_FACERES) ? await photo.faceres(signal) : [];
      return photo.faces.map((face, i) => pick(describeFace(face, emotions[i], faceres[i], probes), wanted));
    },
  };
}

function describeFace(
  { anatomy }: MeasuredFace,
  emotions: EmotionScores | undefined,
  faceres: FaceresOutputs | undefined,
  probes: Probes,
): FaceAttributes {
  const { mesh, iris } = anatomy;
  const frame = frameOf(mesh);
  const worn = faceres && wornAndGrown(probes, faceres, frame);
  const seesEyes = worn?.sunglasses?.value !== true;
  const eyeDirection = seesEyes ? eyeDirectionOf(anatomy, frame) : undefined;
  return {
    ...(faceres && { ageRange: ageRangeOf(faceres.age), gender: genderOf(faceres.male), ...worn }),
    ...(emotions && { emotions: rankEmotions(emotions), smile: smileOf(mesh, frame, emotions.HAPPY) }),
    ...(emotions && iris && seesEyes && { eyesOpen: eyesOpenOf(iris.openness, emotions.HAPPY) }),
    ...(eyeDirection && { eyeDirection }),
    mouthOpen: mouthOpenOf(mesh),
  };
}

/** Leaves out what was not asked for. */
function pick(attributes: FaceAttributes, wanted: ReadonlySet<FaceAttribute>): FaceAttributes {
  const entries = Object.entries(attributes).filter(([field]) => (wanted as ReadonlySet<string>).has(field));
  return Object.fromEntries(entries);
}
