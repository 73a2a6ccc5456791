import { limits, type RequestOf } from '../../contract/index.ts';
import { defineOperation } from '../../governance/index.ts';
import { colourNamer } from '../../shared/colour-names.ts';
import { readLabelTable } from '../../shared/label-table.ts';
import type { FaceAttribute } from '../../vision/index.ts';
import { imageProperties } from './image-properties.ts';
import { type LabelFilters, labelFilters } from './label-filters.ts';
import { labelsOf, labelsToLookFor, wireLabel } from './label-tree.ts';

const table = readLabelTable();
const nameOf = colourNamer();

/** What faces may be asked for a label; the grant's wrapper leaves out what is withheld. */
const LABELLING_ATTRIBUTES: ReadonlySet<FaceAttribute> = new Set([
  'beard',
  'eyeglasses',
  'mustache',
  'smile',
  'sunglasses',
] as const);

/** Says what an image shows, with ancestors, objects and filters; its colours and quality where they are asked for. */
export const detectLabels = defineOperation(
  'DetectLabels',
  ['images', 'labelDetector'],
  async (request, { images, labelDetector }, { signal }) => {
    const image = await images.read(request.Image, signal, limits.images.labels);
    const asked = askedOf(request);
    const found = await labelDetector.detectLabels(
      image,
      {
        ...(asked.wanted && { wanted: asked.wanted }),
        minConfidence: asked.minConfidence,
        attributes: LABELLING_ATTRIBUTES,
        ...(asked.colours !== undefined && { colours: asked.colours }),
      },
      signal,
    );
    const labels = asked.filters
      ? labelsOf(found.labels, table).filter(({ entry }) => asked.filters?.keeps(entry))
      : [];
    return {
      Labels: labels.slice(0, asked.maxLabels).map((label) => wireLabel(label, nameOf)),
      LabelModelVersion: found.sources.map(({ id, version }) => `${id}-${version}`).join('+'),
      ...(found.look && { ImageProperties: imageProperties(found.look, nameOf) }),
    };
  },
);

interface Asked {
  /** Absent without GENERAL_LABELS. */
  readonly filters: LabelFilters | undefined;
  /** Labels that sources are to look for; every one when absent. */
  readonly wanted: ReadonlySet<string> | undefined;
  readonly minConfidence: number;
  readonly maxLabels: number;
  /** Colours of each part at most; absent without IMAGE_PROPERTIES. */
  readonly colours: number | undefined;
}

function askedOf({ Features, MaxLabels, MinConfidence, Settings }: RequestOf<'DetectLabels'>): Asked {
  const features = Features === undefined || Features.length === 0 ? ['GENERAL_LABELS'] : Features;
  const isGeneral = features.includes('GENERAL_LABELS');
  const filters = isGeneral ? labelFilters(Settings?.GeneralLabels) : undefined;
  return {
    filters,
    wanted: filters ? labelsToLookFor(table, filters) : new Set(),
    minConfidence: MinConfidence ?? limits.defaultLabelConfidence,
    maxLabels: Math.min(MaxLabels ?? limits.labelsPerImage, limits.labelsPerImage),
    colours: features.includes('IMAGE_PROPERTIES')
      ? (Settings?.ImageProperties?.MaxDominantColors ?? limits.defaultDominantColors)
      : undefined,
  };
}
