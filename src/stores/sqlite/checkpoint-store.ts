import type { AuditCheckpointStore, KeptCheckpoint } from '../ports/audit.ts';
import { type Database, selectList } from './database.ts';

const COLUMNS = selectList({ numbers: ['sequence'], texts: ['document'] });

/** The checkpoints in audit.db, beside the log they speak of. Who may trust them is decided by their signatures. */
export function createCheckpointStore(database: Database): AuditCheckpointStore {
  const readNode = (): string | undefined =>
    database.get<{ name: string }>(`SELECT ${selectList({ texts: ['name'] })} FROM node LIMIT 1`)?.name;
  const readLast = (): KeptCheckpoint | undefined =>
    database.get<KeptCheckpoint>(`SELECT ${COLUMNS} FROM checkpoint ORDER BY checkpoint.sequence DESC LIMIT 1`);

  return {
    async node() {
      return readNode();
    },
    async nameNode(name) {
      return database.write(() => {
        const earlier = readNode();
        if (earlier !== undefined) return earlier;
        database.run('INSERT INTO node (number, name) VALUES (1, ?)', [name]);
        return name;
      });
    },
    async append({ sequence, document }) {
      database.write(() => {
        if (sequence <= (readLast()?.sequence ?? 0)) throw new RangeError('a checkpoint must name a later entry');
        database.run('INSERT INTO checkpoint (sequence, document) VALUES (?, ?)', [sequence, document]);
      });
    },
    async last() {
      return readLast();
    },
    async read({ afterSequence, limit }) {
      return database.all<KeptCheckpoint>(
        `SELECT ${COLUMNS} FROM checkpoint WHERE sequence > ? ORDER BY checkpoint.sequence LIMIT ?`,
        [afterSequence, limit],
      );
    },
  };
}
