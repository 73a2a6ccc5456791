import { ModelLicenceError } from './errors.ts';
import type { LearnedEntry, ModelEntry } from './manifest.ts';

/** What a server is run for; it decides which licences allow a model there. */
export type Deployment = 'commercial' | 'non-commercial';

/**
 * Refuses a model whose licence does not allow this deployment.
 *
 * @throws {ModelLicenceError} naming model and licence
 */
export function requireLicence(
  entry: Pick<ModelEntry | LearnedEntry, 'id' | 'licence' | 'commercialUse'>,
  deployment: Deployment,
): void {
  // A manifest that forgets the field says nothing, and nothing is no permission.
  if (deployment === 'commercial' && entry.commercialUse !== true) {
    throw new ModelLicenceError(entry.id, entry.licence);
  }
}
