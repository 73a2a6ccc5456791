import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import Libsql from 'libsql';
import { StoreError } from '../ports/errors.ts';
import type { LogMover } from './log-mover.ts';

/** What can be bound to a statement. */
export type SqlValue = string | number | null | Uint8Array;

/**
 * A database file that speaks SQL; every failure that has a {@link StoreError} code is thrown as one.
 *
 * Columns must be selected with {@link selectList}: the driver (libsql 0.5.29) ends the whole process over text that is
 * not UTF-8, and a flipped bit may turn any cell into that. Selected so, text comes as bytes and is decoded here, what is
 * not UTF-8 to U+FFFD, which no checksum passes. The true blob columns, `template` and `sealed`, are handed out as
 * ArrayBuffer.
 */
export interface Database {
  /** The file, or `:memory:`. */
  readonly file: string;
  all<Row>(sql: string, values?: readonly SqlValue[]): Row[];
  get<Row>(sql: string, values?: readonly SqlValue[]): Row | undefined;
  /** Rows changed. */
  run(sql: string, values?: readonly SqlValue[]): number;
  /** Runs `work` in one transaction that holds the write lock from its start; a throw undoes everything. */
  write<T>(work: () => T): T;
  /** Runs a part of what {@link Database.write} runs; a throw undoes this part alone, unless it has ended the transaction. */
  step<T>(work: () => T): T;
  inTransaction(): boolean;
  /** Moves what the write-ahead log holds into the database file and empties the log; false when a reader held it up. */
  truncateLog(): boolean;
  close(): void;
}

/** One numbered step of a schema: its place in the list, counted from 1, is the version it leads to. */
export type Migration = string;

/** How long a statement waits for another process that writes. */
const BUSY_TIMEOUT_MS = 5000;
const LOG_TIMEOUT_MS = 20;
/** Pages of 4 KiB at which who commits moves the log after all, where a mover should have. */
const LONGEST_LOG = 8192;

const BINARY_COLUMNS: ReadonlySet<string> = new Set(['template', 'sealed']);

/**
 * A list of columns for a SELECT, each cast to what it should be, whatever a flipped bit has made of it; see
 * {@link Database}. In WHERE a column's name means the column; in ORDER BY qualify it with its table, or the cast is
 * what gets sorted, without an index.
 */
export function selectList(columns: {
  numbers?: readonly string[];
  texts?: readonly string[];
  bytes?: readonly string[];
}): string {
  const cast = (type: string) => (column: string) => `CAST(${column} AS ${type}) AS ${column}`;
  return [
    ...(columns.numbers ?? []).map(cast('REAL')),
    ...(columns.texts ?? []).map(cast('BLOB')),
    ...(columns.bytes ?? []).map(cast('BLOB')),
  ].join(', ');
}

/** SQLite's primary result codes, the low byte of every extended one. */
const BUSY = 5;
const LOCKED = 6;
const IO_ERROR = 10;
const CORRUPT = 11;
const FULL = 13;
const NOT_A_DATABASE = 26;
/** Extended: a row refers to one that is not there. The stores check before they write, so only damage leads to it. */
const BROKEN_REFERENCE = 19 | (3 << 8);
/** Extended codes of I/O errors that are really one of the others. */
const DAMAGED_READS = [IO_ERROR | (2 << 8), IO_ERROR | (32 << 8), IO_ERROR | (33 << 8)];
const NO_ROOM_FOR_SHARED_MEMORY = IO_ERROR | (19 << 8);

/** The {@link StoreError} that a driver's or the file system's error stands for, or the error itself when there is none. */
export function toStoreError(error: unknown, file: string): unknown {
  if (error instanceof StoreError || !(error instanceof Error)) return error;
  // The driver does not know every extended code by name, so the number decides.
  const code = 'rawCode' in error && typeof error.rawCode === 'number' ? error.rawCode : 0;
  const primary = code & 0xff;
  if (primary === FULL || code === NO_ROOM_FOR_SHARED_MEMORY || ('code' in error && error.code === 'ENOSPC')) {
    return new StoreError('disk-full', `no room to write ${file}: nothing was changed; free some space and try again`, {
      cause: error,
    });
  }
  if (primary === CORRUPT || primary === NOT_A_DATABASE || code === BROKEN_REFERENCE || DAMAGED_READS.includes(code)) {
    return new StoreError('corrupt', `${file} is damaged (${error.message}); restore the data folder from a backup`, {
      cause: error,
    });
  }
  if (primary === BUSY || primary === LOCKED) {
    return new StoreError('locked', `${file} is held by another process; try again when it has finished`, {
      cause: error,
    });
  }
  return error;
}

/**
 * Opens a database file, made when absent and readable by its owner alone, and brings its schema up to date.
 *
 * Write-ahead log with synchronous=FULL: a commit that has returned survives a kill and a power cut. secure_delete
 * overwrites what is deleted, because templates must not linger in free pages.
 *
 * @param mover moves the log beside the thread that commits; absent, commits do, after every 1,000 pages
 * @throws {StoreError} corrupt, locked, disk-full; newer-schema when a later version of Likeness wrote it
 */
export function openDatabase(file: string, migrations: readonly Migration[], mover?: LogMover): Database {
  const inMemory = file === ':memory:';
  let raw: Libsql.Database | undefined;
  try {
    if (!inMemory) createPrivateFile(file);
    raw = new Libsql(file);
    for (const pragma of [
      `busy_timeout=${BUSY_TIMEOUT_MS}`,
      ...(inMemory ? [] : ['journal_mode=WAL']),
      'synchronous=FULL',
      'foreign_keys=ON',
      'recursive_triggers=ON',
      'secure_delete=ON',
      'cell_size_check=ON',
      'cache_size=-32768',
      ...(mover === undefined ? [] : [`wal_autocheckpoint=${LONGEST_LOG}`]),
    ]) {
      raw.pragma(pragma);
    }
    const database = wrap(raw, file, mover);
    migrate(raw, database, migrations);
    if (!inMemory) requireSchema(database, migrations);
    return database;
  } catch (error) {
    raw?.close();
    throw toStoreError(error, file);
  }
}

/** The file before SQLite makes it, which would let the umask decide who reads it; its -wal and -shm inherit the mode. */
function createPrivateFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  closeSync(openSync(file, 'a', 0o600));
  chmodSync(file, 0o600);
}

function wrap(raw: Libsql.Database, file: string, mover: LogMover | undefined): Database {
  const statements = new Map<string, Libsql.Statement>();
  let open = true;
  /** Since the last commit. */
  let rowsChanged = 0;

  const prepared = (sql: string): Libsql.Statement => {
    if (!open) throw new StoreError('closed', `${file} has been closed`);
    let statement = statements.get(sql);
    if (statement === undefined) {
      statement = raw.prepare(sql);
      statements.set(sql, statement);
    }
    return statement;
  };
  const guarded = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw toStoreError(error, file);
    }
  };
  const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
  const decode = (row: Record<string, unknown>): Record<string, unknown> => {
    for (const column in row) {
      const value = row[column];
      if (typeof value === 'string')
        throw new TypeError(`column ${column} is text that was not selected with selectList`);
      if (value instanceof ArrayBuffer && !BINARY_COLUMNS.has(column)) row[column] = utf8.decode(value);
    }
    return row;
  };
  const all = <Row>(sql: string, values: readonly SqlValue[] = []): Row[] =>
    guarded(() => (prepared(sql).all(values) as Record<string, unknown>[]).map(decode) as Row[]);
  // One array argument: a lone blob would be taken for an object of named parameters.
  const database: Database = {
    file,
    all,
    // Not the driver's get, which hands out other types for blobs and leaves its statement open.
    get: <Row>(sql: string, values: readonly SqlValue[] = []) => all<Row>(sql, values)[0],
    run: (sql, values = []) =>
      guarded(() => {
        const { changes } = prepared(sql).run(values);
        rowsChanged += changes;
        return changes;
      }),
    write: (work) =>
      guarded(() => {
        prepared('BEGIN IMMEDIATE').run([]);
        try {
          const result = work();
          prepared('COMMIT').run([]);
          mover?.committed(rowsChanged);
          rowsChanged = 0;
          return result;
        } catch (error) {
          // SQLite has rolled back by itself after some errors, a full disk among them.
          if (raw.inTransaction) raw.exec('ROLLBACK');
          throw error;
        }
      }),
    step: (work) =>
      guarded(() => {
        prepared('SAVEPOINT step').run([]);
        try {
          const result = work();
          prepared('RELEASE step').run([]);
          return result;
        } catch (error) {
          if (raw.inTransaction) {
            prepared('ROLLBACK TO step').run([]);
            prepared('RELEASE step').run([]);
          }
          throw error;
        }
      }),
    inTransaction: () => open && raw.inTransaction,
    truncateLog: () =>
      guarded(() => {
        // Waiting for a reader would hold up everyone; the caller tries again.
        prepared(`PRAGMA busy_timeout=${LOG_TIMEOUT_MS}`).all([]);
        try {
          const [outcome] = prepared('PRAGMA wal_checkpoint(TRUNCATE)').all([]) as { busy: number }[];
          return outcome?.busy === 0;
        } finally {
          prepared(`PRAGMA busy_timeout=${BUSY_TIMEOUT_MS}`).all([]);
        }
      }),
    close: () => {
      if (!open) return;
      open = false;
      statements.clear();
      // libsql closes the file only when the statements have been collected, so what must happen now is asked for.
      try {
        if (raw.inTransaction) raw.exec('ROLLBACK');
        raw.pragma('wal_checkpoint(TRUNCATE)');
      } catch {
        // The log is replayed at the next opening.
      }
      raw.close();
    },
  };
  return database;
}

function migrate(raw: Libsql.Database, database: Database, migrations: readonly Migration[]): void {
  const version = (): number => database.get<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0;
  const refuseNewer = (found: number): void => {
    if (found > migrations.length) {
      throw new StoreError(
        'newer-schema',
        `${database.file} has schema ${found}, written by a later version of Likeness; this one knows up to ` +
          `${migrations.length}. Start the later version, or restore a backup made before the upgrade`,
      );
    }
  };
  refuseNewer(version());
  if (version() === migrations.length) return;
  database.write(() => {
    // Read again inside the transaction: another process may have migrated in between.
    const from = version();
    refuseNewer(from);
    for (const migration of migrations.slice(from)) {
      raw.exec(migration);
    }
    raw.exec(`PRAGMA user_version = ${migrations.length}`);
  });
}

/** Refuses a file whose tables are not those that the migrations make: a flipped bit can rename a column. */
function requireSchema(database: Database, migrations: readonly Migration[]): void {
  const schemaOf = (of: Database): string =>
    JSON.stringify(
      of.all(`SELECT ${selectList({ texts: ['type', 'name', 'tbl_name', 'sql'] })} FROM sqlite_schema
        ORDER BY sqlite_schema.type, sqlite_schema.name`),
    );
  const model = openDatabase(':memory:', migrations);
  try {
    if (schemaOf(database) !== schemaOf(model)) {
      throw new StoreError(
        'corrupt',
        `the tables of ${database.file} are damaged; restore the data folder from a backup`,
      );
    }
  } finally {
    model.close();
  }
}
