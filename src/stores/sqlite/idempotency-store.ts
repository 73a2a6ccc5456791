import { SealBrokenError, type Sealer } from '../../shared/sealing.ts';
import { StoreError } from '../ports/errors.ts';
import type { IdempotencyStore } from '../ports/idempotency.ts';
import { rowChecksum } from './checksums.ts';
import { type Database, selectList } from './database.ts';

interface AnswerRow {
  readonly person: string;
  readonly operation: string;
  readonly token: string;
  readonly request_digest: string;
  readonly answer: string;
  readonly expires_at_ms: number;
  readonly checksum: number;
}

/** Leads an answer that is sealed; JSON never begins so. */
const SEALED = 'sealed:';

const ANSWER_COLUMNS = selectList({
  numbers: ['expires_at_ms', 'checksum'],
  texts: ['person', 'operation', 'token', 'request_digest', 'answer'],
});

/** Answers in requests.db, sealed; one that has expired is not found any more and swept with the next that is kept. */
export function createIdempotencyStore(database: Database, clock: () => number, sealer: Sealer): IdempotencyStore {
  const damaged = (cause?: unknown): StoreError =>
    new StoreError('corrupt', `an answer kept in ${database.file} is damaged; remove the file to go on`, { cause });
  const about = (row: Pick<AnswerRow, 'person' | 'operation' | 'token' | 'request_digest'>): string =>
    JSON.stringify(['likeness answer', row.person, row.operation, row.token, row.request_digest]);
  const open = (row: AnswerRow): string => {
    // Kept in plain text by the first version, for as long as a client may repeat its request.
    if (!row.answer.startsWith(SEALED)) return row.answer;
    try {
      const sealed = Buffer.from(row.answer.slice(SEALED.length), 'base64');
      return Buffer.from(sealer.open(sealed, about(row))).toString('utf8');
    } catch (error) {
      if (error instanceof SealBrokenError) throw damaged(error);
      throw error;
    }
  };
  return {
    async find({ person, operation, token }) {
      const row = database.get<AnswerRow>(
        `SELECT ${ANSWER_COLUMNS} FROM answer WHERE person = ? AND operation = ? AND token = ? AND expires_at_ms > ?`,
        [person, operation, token, clock()],
      );
      if (row === undefined) return undefined;
      if (answerChecksum(row) !== row.checksum) {
        throw damaged();
      }
      return { requestDigest: row.request_digest, answer: open(row) };
    },
    async put({ person, operation, token }, { requestDigest, answer, expiresAtMs }) {
      const columns = {
        person,
        operation,
        token,
        request_digest: requestDigest,
        answer: `${SEALED}${Buffer.from(sealer.seal(Buffer.from(answer, 'utf8'), about({ person, operation, token, request_digest: requestDigest }))).toString('base64')}`,
        expires_at_ms: Math.round(expiresAtMs),
      };
      database.write(() => {
        database.run('DELETE FROM answer WHERE expires_at_ms <= ?', [clock()]);
        database.run(
          `INSERT OR REPLACE INTO answer (person, operation, token, request_digest, answer, expires_at_ms, checksum)
           VALUES (?, ?, ?, ?, ?, ?, ?)`,
          [...Object.values(columns), answerChecksum(columns)],
        );
      });
    },
    async list() {
      return database
        .all<AnswerRow>(`SELECT ${ANSWER_COLUMNS} FROM answer WHERE expires_at_ms > ?`, [clock()])
        .map((row) => ({ answer: open(row), expiresAtMs: row.expires_at_ms }));
    },
    async forget(isMeant) {
      const isGone = (row: AnswerRow): boolean => {
        try {
          return isMeant(open(row));
        } catch {
          return true;
        }
      };
      const removed = database.write(() => {
        const rows = database.all<AnswerRow>(`SELECT ${ANSWER_COLUMNS} FROM answer`).filter(isGone);
        for (const { person, operation, token } of rows) {
          database.run('DELETE FROM answer WHERE person = ? AND operation = ? AND token = ?', [
            person,
            operation,
            token,
          ]);
        }
        return rows.length;
      });
      if (removed > 0) database.truncateLog();
      return removed;
    },
  };
}

function answerChecksum(row: Omit<AnswerRow, 'checksum'>): number {
  return rowChecksum([row.person, row.operation, row.token, row.request_digest, row.answer, row.expires_at_ms]);
}
