import { readModerationTaxonomy } from '../../shared/moderation-taxonomy.ts';
import { boxLayouts } from '../brought/boxes.ts';
import { type ClassMap, readClassMap } from '../brought/class-map.ts';

/** The pack that holds an operator's model of moderation. */
export const moderationPack = 'moderation';

/**
 * What classifiers give: `softmax`, numbers for classes of which one is right; `sigmoid`, numbers for classes that are right or
 * wrong by themselves; `probabilities`, where the model ends with either.
 */
export const classifierOutputs = ['softmax', 'sigmoid', 'probabilities'] as const;
export type ClassifierOutput = (typeof classifierOutputs)[number];

/** What an operator's model can tell. */
export interface ModerationTold {
  /** Names of the taxonomy's labels. */
  readonly labels: ReadonlySet<string>;
  readonly contentTypes: ReadonlySet<string>;
}

/**
 * Reads the class map of a pack for moderation: each class is a label of the taxonomy, a content type, or null.
 *
 * @throws {ClassMapError}
 */
export function readModerationClasses(bytes: Uint8Array): ClassMap {
  const { labels, contentTypes } = readModerationTaxonomy();
  return readClassMap(bytes, {
    outputs: [...classifierOutputs, ...boxLayouts],
    meanings: new Set([...labels, ...contentTypes].map(({ name }) => name)),
    fit: 'squeeze',
  });
}

/** What a class map for moderation can tell. */
export function moderationTold({ classes }: ClassMap): ModerationTold {
  const { contentTypes } = readModerationTaxonomy();
  const types = new Set(contentTypes.map(({ name }) => name));
  const named = classes.filter((name) => name !== null);
  return {
    labels: new Set(named.filter((name) => !types.has(name))),
    contentTypes: new Set(named.filter((name) => types.has(name))),
  };
}
