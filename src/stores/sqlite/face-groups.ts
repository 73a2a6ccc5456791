import type { GroupState } from '../index-files/group-file.ts';
import { addChecksum } from './checksums.ts';
import type { CollectionRow } from './collection-rows.ts';
import { type Database, selectList } from './database.ts';
import { POSITIONS_PER_COLLECTION, POSITIONS_PER_GROUP } from './schema.ts';

const GROUPS_PER_COLLECTION = POSITIONS_PER_COLLECTION / POSITIONS_PER_GROUP;
const COLUMNS = selectList({ numbers: ['number', 'faces', 'sum'] });

interface GroupRow extends GroupState {
  readonly number: number;
}

/** What a collection's groups hold, by their number in it. */
export function groupsOf(
  database: Database,
  { number }: Pick<CollectionRow, 'number'>,
): ReadonlyMap<number, GroupState> {
  const first = number * GROUPS_PER_COLLECTION;
  const rows = database.all<GroupRow>(
    `SELECT ${COLUMNS} FROM face_group WHERE number >= ? AND number < ? ORDER BY face_group.number`,
    [first, first + GROUPS_PER_COLLECTION],
  );
  return new Map(rows.map(({ number: group, faces, sum }) => [group - first, { faces, sum }]));
}

/** What one of its groups holds; undefined when nothing. */
export function stateOfGroup(
  database: Database,
  { number }: Pick<CollectionRow, 'number'>,
  group: number,
): GroupState | undefined {
  const row = database.get<GroupRow>(`SELECT ${COLUMNS} FROM face_group WHERE number = ?`, [
    number * GROUPS_PER_COLLECTION + group,
  ]);
  return row && { faces: row.faces, sum: row.sum };
}

/** Whether groups add up to what their collection says of its faces. */
export function addUp(groups: ReadonlyMap<number, GroupState>, collection: CollectionRow): boolean {
  let faces = 0;
  let sum = 0;
  for (const group of groups.values()) {
    if (!(Number.isInteger(group.faces) && group.faces > 0 && group.faces <= POSITIONS_PER_GROUP)) return false;
    faces += group.faces;
    sum = addChecksum(sum, group.sum);
  }
  return faces === collection.face_count && sum === collection.face_sum;
}

/** Counts a collection's groups anew from its rows, which the caller has verified. Inside a transaction. */
export function recountGroups(database: Database, { number }: Pick<CollectionRow, 'number'>): void {
  const first = number * GROUPS_PER_COLLECTION;
  database.run('DELETE FROM face_group WHERE number >= ? AND number < ?', [first, first + GROUPS_PER_COLLECTION]);
  database.run(
    `INSERT INTO face_group SELECT position >> 12, count(*), sum(checksum) % 4294967296 FROM face
     WHERE position > ? AND position < ? GROUP BY position >> 12`,
    [number * POSITIONS_PER_COLLECTION, (number + 1) * POSITIONS_PER_COLLECTION],
  );
}

/** The positions of a group lie from the first, and before the end. */
export function positionsOf({ number }: Pick<CollectionRow, 'number'>, group: number): { first: number; end: number } {
  const first = number * POSITIONS_PER_COLLECTION + group * POSITIONS_PER_GROUP;
  return { first, end: first + POSITIONS_PER_GROUP };
}
