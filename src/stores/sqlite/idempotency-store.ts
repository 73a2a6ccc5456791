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

const ANSWER_COLUMNS = selectList({
  numbers: ['expires_at_ms', 'checksum'],
  texts: ['person', 'operation', 'token', 'request_digest', 'answer'],
});

/** Answers in requests.db; one that has expired is not found any more and swept with the next that is kept. */
export function createIdempotencyStore(database: Database, clock: () => number): IdempotencyStore {
  return {
    async find({ person, operation, token }) {
      const row = database.get<AnswerRow>(
        `SELECT ${ANSWER_COLUMNS} FROM answer WHERE person = ? AND operation = ? AND token = ? AND expires_at_ms > ?`,
        [person, operation, token, clock()],
      );
      if (row === undefined) return undefined;
      if (answerChecksum(row) !== row.checksum) {
        throw new StoreError('corrupt', `an answer kept in ${database.file} is damaged; remove the file to go on`);
      }
      return { requestDigest: row.request_digest, answer: row.answer };
    },
    async put({ person, operation, token }, { requestDigest, answer, expiresAtMs }) {
      const columns = {
        person,
        operation,
        token,
        request_digest: requestDigest,
        answer,
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
  };
}

function answerChecksum(row: Omit<AnswerRow, 'checksum'>): number {
  return rowChecksum([row.person, row.operation, row.token, row.request_digest, row.answer, row.expires_at_ms]);
}
