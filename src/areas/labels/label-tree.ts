import type { ResponseOf } from '../../contract/index.ts';
import type { ColourName } from '../../shared/colour-names.ts';
import type { LabelEntry, LabelTable } from '../../shared/label-table.ts';
import type { LabelInstance, RawLabel } from '../../vision/index.ts';
import { wireColours } from './image-properties.ts';
import type { LabelFilters } from './label-filters.ts';

/** A label of an image with its place in the table. */
export interface PlacedLabel {
  readonly entry: LabelEntry;
  /** Every label above it, nearest first. */
  readonly ancestors: readonly string[];
  /** 0..100 */
  readonly confidence: number;
  readonly instances: readonly LabelInstance[];
}

/**
 * Joins what the sources saw, and adds every ancestor as a label of its own, as sure as the surest label below it. A
 * name that the table does not have is left out: it would have no category, and no filter could reach it.
 *
 * @returns the surest first, equals by name
 */
export function labelsOf(raw: readonly RawLabel[], table: LabelTable): PlacedLabel[] {
  const placed = new Map<string, PlacedLabel>();
  const add = (name: string, confidence: number, instances: readonly LabelInstance[]): void => {
    const entry = table.get(name);
    if (entry === undefined) return;
    const known = placed.get(name);
    placed.set(name, {
      entry,
      ancestors: table.ancestorsOf(name),
      confidence: Math.max(confidence, known?.confidence ?? 0),
      // One source's objects: those of two would be told twice.
      instances: known !== undefined && known.instances.length > 0 ? known.instances : instances,
    });
  };
  for (const { name, confidence, instances } of [...raw].sort((a, b) => b.confidence - a.confidence)) {
    add(name, confidence, instances);
    for (const ancestor of table.ancestorsOf(name)) add(ancestor, confidence, []);
  }
  return [...placed.values()].sort((a, b) => b.confidence - a.confidence || compare(a.entry.name, b.entry.name));
}

const compare = (one: string, other: string): number => (one < other ? -1 : 1);

/** The labels that sources are to look for: those that pass the filters, and those below them; undefined for all. */
export function labelsToLookFor(table: LabelTable, filters: LabelFilters): ReadonlySet<string> | undefined {
  if (filters.isEmpty) return undefined;
  const kept = new Set(table.entries.filter((entry) => filters.keeps(entry)).map(({ name }) => name));
  const wanted = table.entries.filter(
    ({ name }) => kept.has(name) || table.ancestorsOf(name).some((ancestor) => kept.has(ancestor)),
  );
  return new Set(wanted.map(({ name }) => name));
}

type WireLabel = NonNullable<ResponseOf<'DetectLabels'>['Labels']>[number];

/** A label as Rekognition says it. */
export function wireLabel(
  { entry, ancestors, confidence, instances }: PlacedLabel,
  nameOf: (red: number, green: number, blue: number) => ColourName,
): WireLabel {
  return {
    Name: entry.name,
    Confidence: confidence,
    Instances: instances.map(({ box, confidence: sure, colours }) => ({
      BoundingBox: { Width: box.width, Height: box.height, Left: box.left, Top: box.top },
      Confidence: sure,
      ...(colours && { DominantColors: wireColours(colours, nameOf) }),
    })),
    Parents: ancestors.map((Name) => ({ Name })),
    Aliases: entry.aliases.map((Name) => ({ Name })),
    Categories: entry.categories.map((Name) => ({ Name })),
  };
}
