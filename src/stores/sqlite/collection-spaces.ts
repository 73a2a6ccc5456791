import type { FileOwner, KeptCollection } from '../index-files/index-files.ts';
import { StoreError } from '../ports/errors.ts';
import type { VectorLoader } from '../ports/vectors.ts';
import { CODED_FROM } from '../vectors/space.ts';
import { COLLECTION_COLUMNS, type CollectionRow, collectionChecksum } from './collection-rows.ts';
import { type CollectionTables, faceSpace, userSpace } from './collection-tables.ts';
import { groupsOf, stateOfGroup } from './face-groups.ts';
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

/** Forgets a collection's vectors; those of its file too, once the index's files are settled. */
export function dropSpaces(tables: CollectionTables, owner: Pick<SpacesOwner, 'number' | 'model_version'>): void {
  tables.index.dropSpace(faceSpace(owner));
  tables.index.dropSpace(userSpace(owner));
  tables.files?.noteDropped(owner.number);
}

/** Whose codes a file of the index holds. */
export function fileOwner(tables: CollectionTables, owner: Omit<SpacesOwner, 'id'>): FileOwner {
  return {
    number: owner.number,
    modelVersion: owner.model_version,
    dimensions: owner.dimensions,
    space: faceSpace(owner),
    sealer: tables.vault.of(owner).indexSealer,
  };
}

/** The collections whose codes belong on disk: a smaller one is opened from its rows. */
export function keptCollections(tables: CollectionTables): readonly KeptCollection[] {
  const { database } = tables;
  const rows = database.all<CollectionRow>(
    `SELECT ${COLLECTION_COLUMNS} FROM collection WHERE condemned = 0 AND face_count >= ?`,
    [CODED_FROM],
  );
  return rows.flatMap((row) => {
    if (tables.index.codeMean(faceSpace(row)) === undefined || collectionChecksum(row) !== row.checksum) return [];
    return {
      owner: fileOwner(tables, row),
      version: `${row.last_counter} ${row.face_count} ${row.face_sum}`,
      groups: () => groupsOf(database, row),
      group: (group) => stateOfGroup(database, row, group),
    };
  });
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
