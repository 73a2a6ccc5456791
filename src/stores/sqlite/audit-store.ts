import type { AuditEntry, AuditStore } from '../ports/audit.ts';
import type { Database } from './database.ts';

interface EntryRow {
  readonly sequence: number;
  readonly body: string;
  readonly previous_hash: string;
  readonly hash: string;
}

/** The log in audit.db, which shares no fate with the data. What an entry says is checked by its chain, not here. */
export function createAuditStore(database: Database): AuditStore {
  const readLast = (): AuditEntry | undefined => {
    const row = database.get<EntryRow>('SELECT * FROM entry ORDER BY sequence DESC LIMIT 1');
    return row === undefined ? undefined : toEntry(row);
  };

  return {
    async append(seal) {
      return database.write(() => {
        const last = readLast();
        const entry = seal(last);
        if (entry.sequence !== (last?.sequence ?? 0) + 1 || (last && entry.previousHash !== last.hash)) {
          throw new RangeError('an audit entry must follow the last one');
        }
        database.run('INSERT INTO entry (sequence, body, previous_hash, hash) VALUES (?, ?, ?, ?)', [
          entry.sequence,
          entry.body,
          entry.previousHash,
          entry.hash,
        ]);
        return entry;
      });
    },
    async last() {
      return readLast();
    },
    async read({ afterSequence, limit }) {
      return database
        .all<EntryRow>('SELECT * FROM entry WHERE sequence > ? ORDER BY sequence LIMIT ?', [afterSequence, limit])
        .map(toEntry);
    },
  };
}

function toEntry(row: EntryRow): AuditEntry {
  return { sequence: row.sequence, body: row.body, previousHash: row.previous_hash, hash: row.hash };
}
