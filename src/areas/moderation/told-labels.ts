import { readModerationTaxonomy } from '../../shared/moderation-taxonomy.ts';
import type { RawModerationLabel } from '../../vision/index.ts';

/** A label in Rekognition's form. */
export interface ModerationLabel {
  readonly Name: string;
  /** Empty for a label of the first level. */
  readonly ParentName: string;
  /** 0..100. */
  readonly Confidence: number;
  /** 1..3. */
  readonly TaxonomyLevel: number;
}

const taxonomy = readModerationTaxonomy();

/**
 * The labels that reach `least`, with those above them: a label is as sure as the surest below it. Surest first, a
 * label before its parent where they are equally sure.
 *
 * @param least 0..100
 * @throws {TypeError} for a name that the taxonomy lacks
 */
export function toldLabels(found: readonly RawModerationLabel[], least: number): ModerationLabel[] {
  const told = new Map<string, ModerationLabel>();
  for (const { name, confidence } of found) {
    const line = taxonomy.lineOf(name);
    if (line.length === 0) throw new TypeError(`the taxonomy of moderation has no label ${name}`);
    if (confidence < least) continue;
    for (const label of line) {
      told.set(label.name, {
        Name: label.name,
        ParentName: label.parent,
        Confidence: Math.max(confidence, told.get(label.name)?.Confidence ?? 0),
        TaxonomyLevel: label.level,
      });
    }
  }
  return [...told.values()].sort((a, b) => b.Confidence - a.Confidence || b.TaxonomyLevel - a.TaxonomyLevel);
}
