import type { DetectModerationLabelsResponse, ModerationLabel } from '@aws-sdk/client-rekognition';
import { connect, type GlobalOptions } from '../connect.ts';
import { drawLook, lookOfModeration } from '../drawing/index.ts';
import { readImage } from '../images.ts';
import { printResult, renderTable, type Terminal } from '../output.ts';

/** Options of `likeness detect-moderation`. */
export interface DetectModerationFlags extends GlobalOptions {
  readonly minConfidence?: number;
  readonly draw?: string;
}

/** Prints the labels of moderation of an image, and writes them on a copy where asked. */
export async function runDetectModeration(
  image: string,
  flags: DetectModerationFlags,
  terminal: Terminal,
): Promise<void> {
  const bytes = await readImage(image);
  const { api, close } = await connect(flags, terminal);
  try {
    const found = await api.detectModerationLabels({
      Image: bytes,
      ...(flags.minConfidence !== undefined && { MinConfidence: flags.minConfidence }),
    });
    await drawLook(image, lookOfModeration(found), flags.draw, terminal);
    const { ModerationLabels = [], ContentTypes = [], ModerationModelVersion } = found;
    printResult(terminal, flags.json === true, { ModerationLabels, ContentTypes, ModerationModelVersion }, () =>
      renderModeration(found),
    );
  } finally {
    await close();
  }
}

const sure = (confidence: number | undefined) => confidence?.toFixed(1);

/** A label with the labels above it, from the first level down. */
function lineOf(label: ModerationLabel, all: readonly ModerationLabel[]): string {
  const parent = all.find(({ Name }) => Name === label.ParentName);
  return parent === undefined ? (label.Name ?? '') : `${lineOf(parent, all)} > ${label.Name}`;
}

function renderModeration(found: DetectModerationLabelsResponse): string {
  const { ModerationLabels = [], ContentTypes = [], ModerationModelVersion } = found;
  const table = renderTable(
    ModerationLabels,
    [
      { title: 'label', value: (label) => lineOf(label, ModerationLabels) },
      { title: 'level', value: ({ TaxonomyLevel }) => TaxonomyLevel, align: 'right' },
      { title: 'sure', value: ({ Confidence }) => sure(Confidence), align: 'right' },
    ],
    'no label of moderation',
  );
  const types = ContentTypes.map(({ Name, Confidence }) => `${Name} ${sure(Confidence)}`);
  return [
    table,
    ...(types.length > 0 ? [`content: ${types.join(', ')}`] : []),
    `model ${ModerationModelVersion}; what it cannot tell is listed in docs/moderation.md`,
  ].join('\n');
}
