import { readData } from './package-root.ts';

/** A label of moderation. */
export interface ModerationName {
  /** As Rekognition spells it. */
  readonly name: string;
  /** The label above; empty for the first level. */
  readonly parent: string;
  /** 1..3. */
  readonly level: number;
  /** Whether the net that comes with Likeness can tell it. */
  readonly covered: boolean;
}

/** Rekognition's labels of moderation, and which of them can be told here. */
export interface ModerationTaxonomy {
  /** The version of the taxonomy that the names are of, such as `7.0`; not the version of a model. */
  readonly version: string;
  /** Every label, each after its parent. */
  readonly labels: readonly ModerationName[];
  /** Kinds of images, such as `Illustrated`. */
  readonly contentTypes: readonly { readonly name: string; readonly covered: boolean }[];
  find(name: string): ModerationName | undefined;
  /** The label and those above it, from itself to the first level; empty for a name that is none. */
  lineOf(name: string): readonly ModerationName[];
}

interface TaxonomyData {
  readonly taxonomy: string;
  readonly contentTypes: readonly { readonly name: string; readonly covered: boolean }[];
  readonly labels: readonly { readonly name: string; readonly parent: string; readonly covered: boolean }[];
}

/**
 * Reads the labels of moderation (data/moderation.json).
 *
 * @throws {TypeError} when the table names a parent that does not stand before its child
 * @source Amazon Rekognition Developer Guide, image and video moderation APIs, label categories of model 7
 */
export function readModerationTaxonomy(): ModerationTaxonomy {
  const data = readData<TaxonomyData>('moderation.json');
  const byName = new Map<string, ModerationName>();
  for (const { name, parent, covered } of data.labels) {
    const above = byName.get(parent);
    if (parent !== '' && above === undefined) throw new TypeError(`${name} comes before its parent ${parent}`);
    byName.set(name, { name, parent, level: (above?.level ?? 0) + 1, covered });
  }
  const lineOf = (name: string): readonly ModerationName[] => {
    const label = byName.get(name);
    return label === undefined ? [] : [label, ...lineOf(label.parent)];
  };
  return {
    version: data.taxonomy,
    labels: [...byName.values()],
    contentTypes: data.contentTypes,
    find: (name) => byName.get(name),
    lineOf,
  };
}
