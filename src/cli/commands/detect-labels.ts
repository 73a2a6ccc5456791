import type { DetectLabelsCommandOutput, DominantColor, Label } from '@aws-sdk/client-rekognition';
import { connect, type GlobalOptions } from '../connect.ts';
import { drawLook, lookOfLabels } from '../drawing/index.ts';
import { readImage } from '../images.ts';
import { printResult, renderTable, type Terminal } from '../output.ts';

/** Options of `likeness detect-labels`; lists are comma-separated. */
export interface DetectLabelsFlags extends GlobalOptions {
  readonly minConfidence?: number;
  readonly max?: number;
  readonly include?: string;
  readonly exclude?: string;
  readonly includeCategories?: string;
  readonly excludeCategories?: string;
  readonly properties?: boolean;
  readonly maxColors?: number;
  readonly draw?: string;
}

/** Prints what an image shows, and draws the objects where asked. */
export async function runDetectLabels(image: string, flags: DetectLabelsFlags, terminal: Terminal): Promise<void> {
  const bytes = await readImage(image);
  const { api, close } = await connect(flags, terminal);
  try {
    const found = await api.detectLabels({
      Image: bytes,
      ...(flags.max !== undefined && { MaxLabels: flags.max }),
      ...(flags.minConfidence !== undefined && { MinConfidence: flags.minConfidence }),
      Features: flags.properties ? ['GENERAL_LABELS', 'IMAGE_PROPERTIES'] : ['GENERAL_LABELS'],
      Settings: {
        GeneralLabels: {
          LabelInclusionFilters: listOf(flags.include),
          LabelExclusionFilters: listOf(flags.exclude),
          LabelCategoryInclusionFilters: listOf(flags.includeCategories),
          LabelCategoryExclusionFilters: listOf(flags.excludeCategories),
        },
        ...(flags.properties &&
          flags.maxColors !== undefined && { ImageProperties: { MaxDominantColors: flags.maxColors } }),
      },
    });
    const labels = found.Labels ?? [];
    await drawLook(image, lookOfLabels(found), flags.draw, terminal);
    const { LabelModelVersion, ImageProperties } = found;
    printResult(terminal, flags.json === true, { Labels: labels, LabelModelVersion, ImageProperties }, () =>
      [renderLabels(labels, LabelModelVersion), ...(ImageProperties ? [renderProperties(ImageProperties)] : [])].join(
        '\n\n',
      ),
    );
  } finally {
    await close();
  }
}

const listOf = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');

function renderLabels(labels: readonly Label[], version: string | undefined): string {
  const names = (list: readonly { Name?: string | undefined }[] | undefined) =>
    (list ?? []).map(({ Name }) => Name).join(', ') || undefined;
  const table = renderTable(
    labels,
    [
      { title: 'label', value: ({ Name }) => Name },
      { title: 'sure', value: ({ Confidence }) => Confidence?.toFixed(1), align: 'right' },
      { title: 'objects', value: ({ Instances }) => Instances?.length || undefined, align: 'right' },
      { title: 'parents', value: ({ Parents }) => names(Parents) },
      { title: 'categories', value: ({ Categories }) => names(Categories) },
    ],
    'no label',
  );
  return `${table}\n${labels.length} ${labels.length === 1 ? 'label' : 'labels'}, by ${version || 'no model'}`;
}

function renderProperties(properties: NonNullable<DetectLabelsCommandOutput['ImageProperties']>): string {
  const parts = [
    { part: 'image', ...properties },
    ...(properties.Foreground ? [{ part: 'foreground', ...properties.Foreground }] : []),
    ...(properties.Background ? [{ part: 'background', ...properties.Background }] : []),
  ];
  const colour = ({ CSSColor, HexCode, PixelPercent }: DominantColor) =>
    `${CSSColor} ${HexCode} ${PixelPercent?.toFixed(0)}%`;
  return renderTable(parts, [
    { title: 'part', value: ({ part }) => part },
    { title: 'bright', value: ({ Quality }) => Quality?.Brightness?.toFixed(0), align: 'right' },
    { title: 'sharp', value: ({ Quality }) => Quality?.Sharpness?.toFixed(0), align: 'right' },
    { title: 'contrast', value: ({ Quality }) => Quality?.Contrast?.toFixed(0), align: 'right' },
    { title: 'colours', value: ({ DominantColors }) => DominantColors?.map(colour).join(', ') },
  ]);
}
