import { ServiceError } from '../../contract/index.ts';
import type { CollectionRecord } from '../../stores/ports/index.ts';
import type { DualExecutor } from '../dual-control/index.ts';
import { mayMoveAlone, type TransferParts } from './parts.ts';

/** Where users read how collections move; ends what refuses them. */
export const readMore = 'Read docs/collection-export.md.';

/**
 * What two persons must agree on about one collection: an admin proposes, an admin or auditor approves.
 *
 * @param run is given the very collection that was agreed on, never one that was made later under its name
 */
export function agreedOn(
  parts: TransferParts,
  run: (
    record: CollectionRecord,
    parameters: Parameters<DualExecutor['execute']>[0],
    person: string,
  ) => ReturnType<DualExecutor['execute']>,
): DualExecutor {
  return {
    proposers: ['admin'],
    approvers: ['admin', 'auditor'],
    mayRunAlone: async ({ purpose }) => mayMoveAlone(parts, String(purpose)),
    async execute(parameters, [person = '']) {
      const collectionId = String(parameters.collectionId);
      const record = await parts.collections.findCollection(collectionId);
      if (record === undefined || new Date(record.createdAtMs).toISOString() !== parameters.collectionCreatedAt) {
        throw new ServiceError('ResourceNotFoundException', `The collection id: ${collectionId} does not exist`);
      }
      return run(record, parameters, person);
    },
  };
}
