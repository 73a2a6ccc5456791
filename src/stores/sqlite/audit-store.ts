import type { AuditEntry, AuditStore } from '../ports/audit.ts';
import { type Database, selectList } from './database.ts';

interface EntryRow {
  readonly sequence: number;
  readonly body: string;
  readonly previous_hash: string;
  readonly hash: string;
}

const ENTRY_COLUMNS = selectList({ numbers: ['sequence'], texts: ['body', 'previous_hash', 'hash'] });

/** The log in audit.db, which shares no fate with the data. What an entry says is checked by its chain, not here. */
export function createAuditStore(database: Database): AuditStore {
  const readLast = (): AuditEntry | undefined => {
    const row = database.get<EntryRow>(`SELECT ${ENTRY_COLUMNS} FROM entry ORDER BY entry.sequence DESC LIMIT 1`);
    return row === undefined ? undefined : toEntry(row);
  };

  /** Inside a transaction: one that seals several syncs once for all of them. */
  const insertAfter = (last: AuditEntry | undefined, entry: AuditEntry): void => {
    if (entry.sequence !== (last?.sequence ?? 0) + 1 || (last && entry.previousHash !== last.hash)) {
      throw new RangeError('an audit entry must follow the last one');
    }
    database.run('INSERT INTO entry (sequence, body, previous_hash, hash) VALUES (?, ?, ?, ?)', [
      entry.sequence,
      entry.body,
      entry.previousHash,
      entry.hash,
    ]);
  };

  return {
    async append(seal) {
      return database.write(() => {
        const last = readLast();
        const entry = seal(last);
        insertAfter(last, entry);
        return entry;
      });
    },
    async appendAll(seal) {
      return database.write(() => {
        const last = readLast();
        const entries = seal(last);
        entries.forEach((entry, index) => {
          insertAfter(index === 0 ? last : entries[index - 1], entry);
        });
        return entries;
      });
    },
    async last() {
      return readLast();
    },
    async read({ afterSequence, limit }) {
      return database
        .all<EntryRow>(`SELECT ${ENTRY_COLUMNS} FROM entry WHERE sequence > ? ORDER BY entry.sequence LIMIT ?`, [
          afterSequence,
          limit,
        ])
        .map(toEntry);
    },
  };
}

function toEntry(row: EntryRow): AuditEntry {
  return { sequence: row.sequence, body: row.body, previousHash: row.previous_hash, hash: row.hash };
}
