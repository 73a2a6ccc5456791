import { decodeImage, defaultImageLimits, type ImageLimits, limitsWith } from '../../media/index.ts';
import { type Pyramid, pyramidOf } from '../align/raster.ts';
import { type OnDemand, onDemand } from '../on-demand.ts';
import { crowdOf } from './crowd.ts';
import { coloursWithin, lookOf } from './image-look.ts';
import type { DetectedLabels, DetectLabelsOptions, LabelCoverage, LabelDetector, RawLabel } from './port.ts';
import type { LabelSource, LabelSourceDefinition, LabelSourceParts, LookOptions } from './source.ts';
import { labelSources } from './sources.ts';

/** The engine of labels in one worker. */
export interface LabelEngine extends LabelDetector {
  /** Frees the nets of every source that was opened. */
  close(): Promise<void>;
}

/** What a label engine is made of. */
export interface LabelEngineParts extends LabelSourceParts {
  readonly limits?: ImageLimits;
  /** Those of this version when left out. */
  readonly sources?: readonly LabelSourceDefinition[];
}

/** A source whose pack is installed. */
interface Installed {
  readonly definition: LabelSourceDefinition;
  readonly names: readonly string[];
  readonly opened: OnDemand<LabelSource>;
}

/** How sure an object must be to count as foreground, 0..100: DetectLabels' own default. */
const FOREGROUND_CONFIDENCE = 55;
/** Objects of a label whose own colours are told; each costs about a millisecond. */
const COLOURED_INSTANCES = 20;
/** The smallest decoding that colours and quality are measured on, pixels. */
const LOOK_SIDE = 512;
/** What a crowd is made of, see `crowdOf`. */
const OF_CROWDS = ['Person', 'Face'] as const;

/**
 * Makes the engine that looks with every installed source, one after the other, at one decoding of the image. The nets
 * of a source are loaded when it first looks.
 */
export function createLabelEngine({
  limits = defaultImageLimits,
  sources = labelSources,
  ...parts
}: LabelEngineParts): LabelEngine {
  let found: Promise<readonly Installed[]> | undefined;

  async function findInstalled(): Promise<readonly Installed[]> {
    const coverages = await coveragesOf(sources, parts);
    return coverages.map(({ definition, coverage }) => ({
      definition,
      names: coverage.labels,
      opened: onDemand(() => definition.open(parts)),
    }));
  }

  return {
    async detectLabels(image, options, signal): Promise<DetectedLabels> {
      signal.throwIfAborted();
      found ??= findInstalled();
      const installed = await found;
      const asked = installed.filter(({ definition, names }) => isAsked(definition, names, options));
      const side = Math.max(LOOK_SIDE, ...asked.map(({ definition }) => definition.side));
      const decoded = await decodeImage(image.bytes, { limits: limitsWith(limits, image.sides), maxSide: side });
      const pyramid = pyramidOf(decoded);
      const seen: RawLabel[] = [];
      for (const { definition, opened } of asked) {
        signal.throwIfAborted();
        const source = await opened.get();
        seen.push(...(await source.look(pyramid, lookingFor(options, definition), signal)));
      }
      const crowd = crowdOf(seen);
      const labels = (crowd ? [...seen, crowd] : seen).flatMap((label) => wantedOf(label, options));
      return {
        width: decoded.uprightWidth,
        height: decoded.uprightHeight,
        labels:
          options.colours === undefined ? labels : labels.map((label) => coloured(pyramid, label, options.colours)),
        sources: asked.map(({ definition: { id, version } }) => ({ id, version })),
        ...(options.colours !== undefined && { look: lookOf(pyramid, foregroundOf(seen, asked), options.colours) }),
      };
    },
    async close() {
      const installed = (await found?.catch(() => undefined)) ?? [];
      await Promise.all(installed.map(({ opened }) => opened.close()));
    },
  };
}

/** What each installed source covers; one that another installed one replaces is left out. */
export async function coveragesOf(
  sources: readonly LabelSourceDefinition[],
  parts: Pick<LabelSourceParts, 'models' | 'packs'>,
): Promise<readonly { readonly definition: LabelSourceDefinition; readonly coverage: LabelCoverage }[]> {
  const covered = await Promise.all(
    sources.map(async (definition) => ({ definition, coverage: await definition.coverage(parts) })),
  );
  const installed = covered.flatMap(({ definition, coverage }) => (coverage ? [{ definition, coverage }] : []));
  const replaced = new Set(installed.flatMap(({ definition }) => definition.replaces ?? []));
  return installed.filter(({ definition }) => !replaced.has(definition.id));
}

/** Whether a source has something to tell: a wanted label, or where the foreground is. */
function isAsked(
  { findsObjects }: LabelSourceDefinition,
  names: readonly string[],
  { wanted, colours }: DetectLabelsOptions,
): boolean {
  if (colours !== undefined && findsObjects) return true;
  if (wanted === undefined) return true;
  return (
    names.some((name) => wanted.has(name)) || (wanted.has('Crowd') && OF_CROWDS.some((name) => names.includes(name)))
  );
}

/** What the sources are asked: also for what a crowd is made of, and for all objects where the foreground is wanted. */
function lookingFor(
  { wanted, minConfidence, attributes, colours }: DetectLabelsOptions,
  { findsObjects }: LabelSourceDefinition,
): LookOptions {
  if (colours !== undefined && findsObjects)
    return { minConfidence: Math.min(minConfidence, FOREGROUND_CONFIDENCE), attributes };
  const names = wanted?.has('Crowd') ? new Set([...wanted, ...OF_CROWDS]) : wanted;
  return { minConfidence, attributes, ...(names && { wanted: names }) };
}

/** The label as the caller wants it: nothing where it is not wanted, and without what is less sure. */
function wantedOf(label: RawLabel, { wanted, minConfidence }: DetectLabelsOptions): RawLabel[] {
  if (label.confidence < minConfidence || wanted?.has(label.name) === false) return [];
  return [{ ...label, instances: label.instances.filter(({ confidence }) => confidence >= minConfidence) }];
}

function coloured(pyramid: Pyramid, label: RawLabel, most = 0): RawLabel {
  const instances = label.instances.map((instance, i) =>
    i < COLOURED_INSTANCES ? { ...instance, colours: coloursWithin(pyramid, instance.box, most) } : instance,
  );
  return { ...label, instances };
}

function foregroundOf(seen: readonly RawLabel[], asked: readonly Installed[]): RawLabel['instances'][number]['box'][] {
  const finders = new Set(asked.flatMap(({ definition }) => (definition.findsObjects ? [definition.id] : [])));
  return seen
    .filter(({ source }) => finders.has(source))
    .flatMap(({ instances }) => instances)
    .flatMap(({ box, confidence }) => (confidence >= FOREGROUND_CONFIDENCE ? [box] : []));
}
