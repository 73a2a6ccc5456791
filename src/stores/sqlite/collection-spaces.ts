import { StoreError } from '../ports/errors.ts';
import type { VectorLoader } from '../ports/vectors.ts';
import type { CollectionRow } from './collection-rows.ts';
import { type CollectionTables, faceSpace, userSpace } from './collection-tables.ts';
import { facesById, facesOfUser, TemplateMean, turnedTemplateOf } from './face-rows.ts';
import type { OpenedSubjectKeys } from './vault.ts';

/** Whose vectors, and how long they are. */
export type SpacesOwner = Pick<CollectionRow, 'id' | 'number' | 'model_version' | 'dimensions'>;

/**
 * Makes the index's spaces of a collection, which load from its rows what they do not hold.
 *
 * @param mean of the faces, where their codes will be put back
 */
export function createSpaces(tables: CollectionTables, owner: SpacesOwner, mean?: Float32Array): void {
  const { index } = tables;
  const { dimensions } = owner;
  index.createSpace(faceSpace(owner), dimensions, {
    load: facesOf(tables, owner),
    ...(mean !== undefined && { mean }),
  });
  index.createSpace(userSpace(owner), dimensions, { load: usersOf(tables, owner) });
}

export function dropSpaces({ index }: CollectionTables, owner: Pick<SpacesOwner, 'number' | 'model_version'>): void {
  index.dropSpace(faceSpace(owner));
  index.dropSpace(userSpace(owner));
}

/** The mean of a user's templates as they are searched: turned. */
export function meanOfUser(tables: CollectionTables, owner: SpacesOwner, userId: string): TemplateMean {
  const mean = new TemplateMean(owner.dimensions);
  const vault = tables.vault.of(owner);
  const opened: OpenedSubjectKeys = new Map();
  for (const row of facesOfUser(tables.database, owner, userId)) mean.add(turnedTemplateOf(vault, row, opened));
  return mean;
}

function facesOf(tables: CollectionTables, owner: SpacesOwner): VectorLoader {
  return (faceIds) =>
    tables.guard(owner.id, () => {
      const rows = facesById(tables.database, owner, faceIds);
      const vault = tables.vault.of(owner);
      const opened: OpenedSubjectKeys = new Map();
      return faceIds.map((faceId) => {
        const row = rows.get(faceId);
        if (row === undefined) throw new StoreError('corrupt', 'a face that was stored is not found by its id');
        return turnedTemplateOf(vault, row, opened);
      });
    });
}

function usersOf(tables: CollectionTables, owner: SpacesOwner): VectorLoader {
  return (userIds) =>
    tables.guard(owner.id, () =>
      userIds.map((userId) => {
        const mean = meanOfUser(tables, owner, userId).mean();
        if (mean === undefined) throw new StoreError('corrupt', 'the faces of a user are not found by the user');
        return mean;
      }),
    );
}
