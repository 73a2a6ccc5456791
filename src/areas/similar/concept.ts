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
/** What a remembered label takes. */
const labelBytes = 96;
const overheadBytes = 256;

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
  const isShownBy = (label: string): boolean => label === name || table.ancestorsOf(label).includes(name);
  if (!sources.some(({ labels }) => labels.some(isShownBy))) {
    throw new ServiceError(
      'InvalidParameterException',
      `Request has invalid parameters: no installed source of labels can tell ${name}. Its operator lists what they can with: likeness models labels`,
    );
  }
  return {
    version: sources.map(({ source, version }) => `${source}-${version}`).join('+'),
    async sureness(image, sha256, signal) {
      const known = imageMemory.get<ReadonlyMap<string, number>>(kind, sha256);
      if (known === undefined && image === undefined) return undefined;
      const labels = known ?? (await look(image as EncodedImage, sha256, signal));
      return Math.max(0, ...[...labels].flatMap(([label, sure]) => (isShownBy(label) ? [sure] : [])));
    },
  };

  /** Every label is looked for, because the next question about the image may be another. */
  async function look(image: EncodedImage, sha256: string, signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
    const found = await labelDetector.detectLabels(
      image,
      { minConfidence: 0, attributes: labellingAttributes },
      signal,
    );
    const labels = new Map<string, number>();
    for (const { name: label, confidence } of found.labels) {
      labels.set(label, Math.max(confidence, labels.get(label) ?? 0));
    }
    imageMemory.set(kind, sha256, labels, labels.size * labelBytes + overheadBytes);
    return labels;
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
