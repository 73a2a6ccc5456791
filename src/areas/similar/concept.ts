import { type OwnResponseOf, ServiceError } from '../../contract/index.ts';
import type { Capabilities } from '../../governance/index.ts';
import type { LabelEntry, LabelTable } from '../../shared/label-table.ts';
import type { EncodedImage, FaceAttribute } from '../../vision/index.ts';

/** Attributes of faces that are labels too; the grant's wrapper leaves out what is withheld. */
const labellingAttributes: ReadonlySet<FaceAttribute> = new Set([
  'beard',
  'eyeglasses',
  'mustache',
  'smile',
  'sunglasses',
] as const);

const kind = 'labels';
/** What a remembered image takes beside its numbers. */
const overheadBytes = 512;

/** Says how surely images show one label of the table. */
export interface ConceptJudge {
  /** Which sources look. */
  readonly version: string;
  /** 0..100; undefined where only a digest was given and nothing is held for it. */
  sureness(image: EncodedImage | undefined, sha256: string, signal: AbortSignal): Promise<number | undefined>;
}

/**
 * Opens a concept: a label by its name or an alias, whatever the case. An image shows it as surely as the surest label
 * that is it or below it.
 *
 * @param coverage of the installed sources
 * @throws {ServiceError} InvalidParameterException where the table does not have it, or no installed source can tell it
 */
export function openConcept(
  concept: string,
  table: LabelTable,
  coverage: OwnResponseOf<'ListLabels'>['sources'],
  { labelDetector, imageMemory }: Pick<Capabilities, 'labelDetector' | 'imageMemory'>,
): ConceptJudge {
  const { name } = labelNamed(concept, table);
  const sources = coverage.filter(({ operation }) => operation === 'DetectLabels');
  const placeOf = new Map(table.entries.map((entry, place) => [entry.name, place] as const));
  const isShownBy = (label: string): boolean => label === name || table.ancestorsOf(label).includes(name);
  const showing = table.entries.flatMap((entry, place) => (isShownBy(entry.name) ? [place] : []));
  if (!sources.some(({ labels }) => labels.some(isShownBy))) {
    throw new ServiceError(
      'InvalidParameterException',
      `Request has invalid parameters: no installed source of labels can tell ${name}. Its operator lists what they can with: likeness models labels`,
    );
  }
  return {
    version: sources.map(({ source, version }) => `${source}-${version}`).join('+'),
    async sureness(image, sha256, signal) {
      const known = imageMemory.get<Float32Array>(kind, sha256);
      const sure = known ?? (image && (await look(image, sha256, signal)));
      return sure && showing.reduce((most, place) => Math.max(most, sure[place] ?? 0), 0);
    },
  };

  /**
   * Every label is looked for, because the next question about the image may be another.
   *
   * @returns how sure each label of the table is, 0..100
   */
  async function look(image: EncodedImage, sha256: string, signal: AbortSignal): Promise<Float32Array> {
    const found = await labelDetector.detectLabels(
      image,
      { minConfidence: 0, attributes: labellingAttributes },
      signal,
    );
    const sure = new Float32Array(table.entries.length);
    for (const { name: label, confidence } of found.labels) {
      const place = placeOf.get(label);
      if (place !== undefined) sure[place] = Math.max(confidence, sure[place] ?? 0);
    }
    imageMemory.set(kind, sha256, sure, sure.byteLength + overheadBytes);
    return sure;
  }
}

function labelNamed(concept: string, table: LabelTable): LabelEntry {
  const asked = concept.trim().toLowerCase();
  const found = table.entries.find((entry) =>
    [entry.name, ...entry.aliases].some((one) => one.toLowerCase() === asked),
  );
  if (found !== undefined) return found;
  throw new ServiceError(
    'InvalidParameterException',
    `Request has invalid parameters: '${concept}' is no label of the table. Its operator lists them with: likeness models labels`,
  );
}
