import { SealBrokenError, type Sealer } from '../../shared/sealing.ts';
import { StoreError } from '../ports/errors.ts';
import type { KeyRecord, KeyStore } from '../ports/keys.ts';
import { rowChecksum } from './checksums.ts';
import { type Database, selectList } from './database.ts';
import { rewriteFile } from './seal-plain-rows.ts';

interface KeyRow {
  readonly access_key_id: string;
  /** A KeyRecord as JSON, without its secrets. */
  readonly record: string;
  readonly checksum: number;
  /** The secrets as JSON, sealed about the record: what may be done with a key cannot be changed without its seal. */
  readonly sealed: ArrayBuffer;
}

type Secrets = Pick<KeyRecord, 'secretAccessKey' | 'sessionToken'>;

const KEY_COLUMNS = selectList({ numbers: ['checksum'], texts: ['access_key_id', 'record'], bytes: ['sealed'] });

/**
 * Access keys in keys.db. A key whose row does not bear its checksum or seal is refused: a flipped bit could widen its
 * rights. Rows of the first version, with secrets in plain text, are sealed at once and the file is rewritten.
 *
 * @param sealer of the keyring's access keys
 * @throws {StoreError} corrupt, disk-full
 */
export function createKeyStore(database: Database, sealer: Sealer): KeyStore {
  const damaged = (accessKeyId: string, cause?: unknown): StoreError =>
    new StoreError(
      'corrupt',
      `access key ${accessKeyId} in ${database.file} is damaged, or was sealed with another keyring; revoke it and create another`,
      { cause },
    );
  const verified = (row: KeyRow): KeyRow => {
    if (rowChecksum([row.access_key_id, row.record]) !== row.checksum) throw damaged(row.access_key_id);
    return row;
  };
  const read = (row: KeyRow): KeyRecord => {
    const { access_key_id, record, sealed } = verified(row);
    const bytes = sealed instanceof ArrayBuffer ? new Uint8Array(sealed) : new Uint8Array();
    try {
      const plain = sealer.open(bytes, aboutKey(access_key_id, record));
      const secrets = JSON.parse(Buffer.from(plain).toString('utf8')) as Secrets;
      return { ...(JSON.parse(record) as Omit<KeyRecord, keyof Secrets>), ...secrets };
    } catch (error) {
      if (error instanceof SealBrokenError) throw damaged(access_key_id, error);
      throw error;
    }
  };
  const write = ({ secretAccessKey, sessionToken, ...rest }: KeyRecord): void => {
    const record = JSON.stringify(rest);
    const secrets: Secrets = { secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
    const sealed = sealer.seal(Buffer.from(JSON.stringify(secrets), 'utf8'), aboutKey(rest.accessKeyId, record));
    database.run('INSERT OR REPLACE INTO access_key (access_key_id, record, checksum, sealed) VALUES (?, ?, ?, ?)', [
      rest.accessKeyId,
      record,
      rowChecksum([rest.accessKeyId, record]),
      sealed,
    ]);
  };
  const findRow = (accessKeyId: string): KeyRow | undefined =>
    database.get<KeyRow>(`SELECT ${KEY_COLUMNS} FROM access_key WHERE access_key_id = ?`, [accessKeyId]);

  /** A damaged row keeps its wrong checksum, and loses the secrets with which nothing can be done any more. */
  const sealPlain = (row: KeyRow): void => {
    if (rowChecksum([row.access_key_id, row.record]) === row.checksum) {
      write(JSON.parse(row.record) as KeyRecord);
    } else {
      database.run("UPDATE access_key SET record = '{}', sealed = x'' WHERE access_key_id = ?", [row.access_key_id]);
    }
  };
  const plainRemains = (): boolean => database.all('SELECT number FROM plain_remains').length > 0;
  if (plainRemains()) {
    database.write(() => {
      const plain = database.all<KeyRow>(`SELECT ${KEY_COLUMNS} FROM access_key WHERE access_key.sealed IS NULL`);
      for (const row of plain) sealPlain(row);
    });
    rewriteFile(database, 'number');
  }

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

function aboutKey(accessKeyId: string, record: string): string {
  return `likeness access key ${accessKeyId} ${record}`;
}
