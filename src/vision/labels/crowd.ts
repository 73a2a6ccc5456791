import type { RawLabel } from './port.ts';

/** How many persons make a crowd. */
const CROWD = 10;

/**
 * A crowd where many persons or many faces were seen: as sure as the tenth surest of them, for ten must be there.
 *
 * @returns undefined where fewer were seen
 */
export function crowdOf(labels: readonly RawLabel[]): RawLabel | undefined {
  const tenths = labels
    .filter(({ name }) => name === 'Person' || name === 'Face')
    .flatMap(({ instances, source }) => {
      const tenth = instances[CROWD - 1];
      return tenth === undefined ? [] : [{ confidence: tenth.confidence, source }];
    });
  const [surest] = tenths.sort((a, b) => b.confidence - a.confidence);
  return surest && { name: 'Crowd', confidence: surest.confidence, instances: [], source: surest.source };
}
