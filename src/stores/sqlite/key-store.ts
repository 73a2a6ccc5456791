import { StoreError } from '../ports/errors.ts';
import type { KeyRecord, KeyStore } from '../ports/keys.ts';
import { rowChecksum } from './checksums.ts';
import { type Database, selectList } from './database.ts';

interface KeyRow {
  readonly access_key_id: string;
  /** A KeyRecord as JSON. */
  readonly record: string;
  readonly checksum: number;
}

const KEY_COLUMNS = selectList({ numbers: ['checksum'], texts: ['access_key_id', 'record'] });

/** Access keys in keys.db. A key whose row does not bear its checksum is refused: a flipped bit could widen its rights. */
export function createKeyStore(database: Database): KeyStore {
  const read = (row: KeyRow): KeyRecord => {
    if (rowChecksum([row.access_key_id, row.record]) !== row.checksum) {
      throw new StoreError(
        'corrupt',
        `access key ${row.access_key_id} in ${database.file} is damaged; revoke it and create another`,
      );
    }
    return JSON.parse(row.record) as KeyRecord;
  };
  const write = (key: KeyRecord): void => {
    const record = JSON.stringify(key);
    database.run('INSERT OR REPLACE INTO access_key (access_key_id, record, checksum) VALUES (?, ?, ?)', [
      key.accessKeyId,
      record,
      rowChecksum([key.accessKeyId, record]),
    ]);
  };
  const findRow = (accessKeyId: string): KeyRow | undefined =>
    database.get<KeyRow>(`SELECT ${KEY_COLUMNS} FROM access_key WHERE access_key_id = ?`, [accessKeyId]);

  return {
    async put(key) {
      database.write(() => write(key));
    },
    async find(accessKeyId) {
      const row = findRow(accessKeyId);
      return row === undefined ? undefined : read(row);
    },
    async list() {
      return database.all<KeyRow>(`SELECT ${KEY_COLUMNS} FROM access_key ORDER BY access_key.access_key_id`).map(read);
    },
    async revoke(accessKeyId, atMs) {
      return database.write(() => {
        const row = findRow(accessKeyId);
        if (row === undefined) return false;
        const key = read(row);
        if (key.revokedAtMs !== undefined) return false;
        write({ ...key, revokedAtMs: atMs });
        return true;
      });
    },
  };
}
