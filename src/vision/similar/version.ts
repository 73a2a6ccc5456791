import type { PackStore } from '../packs/store.ts';

/** The pack whose image embedding takes the place of the default net where it is installed. */
export const CONCEPTS_PACK = 'concepts';

/** Of the moderation net's feature. */
export const DEFAULT_VERSION = 'mobilenet-1';
/** Of the image embedding of the concepts pack. */
export const CONCEPTS_VERSION = 'concepts-1';

/**
 * The version of the visual features that these packs make: the net and the recipe, colours and covering included. It is
 * known without loading a net.
 *
 * @throws {PackCorruptError | ModelLicenceError}
 */
export async function visualFeatureVersion(packs: Pick<PackStore, 'installed'>): Promise<string> {
  return (await packs.installed(CONCEPTS_PACK))?.ready ? CONCEPTS_VERSION : DEFAULT_VERSION;
}
