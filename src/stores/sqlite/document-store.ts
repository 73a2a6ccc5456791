import type { Sealer } from '../../shared/sealing.ts';
import { SealBrokenError } from '../../shared/sealing.ts';
import type {
  DocumentChange,
  DocumentKind,
  DocumentPage,
  DocumentStore,
  DocumentView,
  KeptDocument,
} from '../ports/documents.ts';
import { StoreError } from '../ports/errors.ts';
import { type Database, selectList } from './database.ts';
import { createScrubber, type Scrubber } from './scrub.ts';

interface DocumentRow {
  readonly kind: string;
  readonly id: string;
  readonly revision: number;
  /** Sealed JSON; the one blob column that {@link Database} hands out as bytes. */
  readonly template: ArrayBuffer;
}

const DOCUMENT_COLUMNS = selectList({ numbers: ['revision'], texts: ['kind', 'id'], bytes: ['template'] });

/** What the document store encrypts and hashes with. */
export interface DocumentKeys {
  readonly sealer: Sealer;
  /** A keyed hash of a name, in hex. */
  nameHash(text: string): string;
}

/** Documents in governance.db. A body is sealed about its kind, id and revision: swapped, or an older one, it does not open. */
export function createDocumentStore(
  database: Database,
  keys: DocumentKeys,
  { scrub }: Pick<Scrubber, 'scrub'> = createScrubber(database),
): DocumentStore {
  const about = (row: { kind: string; id: string; revision: number }): string =>
    `document ${row.kind} ${row.id} ${row.revision}`;
  const hashOf = (kind: DocumentKind, name: string, value: string): string =>
    keys.nameHash(JSON.stringify([kind, name, value]));

  const open = (row: DocumentRow): KeptDocument => {
    try {
      const plain = keys.sealer.open(new Uint8Array(row.template), about(row));
      return {
        kind: row.kind as DocumentKind,
        id: row.id,
        revision: row.revision,
        body: JSON.parse(Buffer.from(plain).toString('utf8')) as unknown,
      };
    } catch (cause) {
      if (!(cause instanceof SealBrokenError)) throw cause;
      throw new StoreError(
        'corrupt',
        `the ${row.kind} ${row.id} in ${database.file} is damaged; restore the data folder from a backup`,
        { cause },
      );
    }
  };
  const select = (where: string, values: readonly (string | number)[]): readonly KeptDocument[] =>
    database.all<DocumentRow>(`SELECT ${DOCUMENT_COLUMNS} FROM document WHERE ${where}`, values).map(open);

  const view: DocumentView = {
    get: (kind, id) => select('kind = ? AND id = ?', [kind, id])[0],
    list: (kind, page) => select('kind = ? AND id > ? ORDER BY document.id LIMIT ?', [kind, ...pageValues(page)]),
    named: (kind, name, value, page) =>
      select(
        `kind = ? AND id > ? AND id IN (SELECT document_id FROM document_name WHERE document_kind = ? AND hash = ?)
         ORDER BY document.id LIMIT ?`,
        [kind, page.afterId ?? '', kind, hashOf(kind, name, value), page.limit],
      ),
    due: (kind, atMs, limit) =>
      select('kind = ? AND due_at_ms <= ? ORDER BY document.due_at_ms LIMIT ?', [kind, Math.floor(atMs), limit]),
    count: (kind) => database.get<{ n: number }>('SELECT count(*) AS n FROM document WHERE kind = ?', [kind])?.n ?? 0,
  };

  const change: DocumentChange = {
    ...view,
    put(kind, id, body, { names = {}, dueAtMs } = {}) {
      const revision =
        (database.get<{ revision: number }>(
          `SELECT ${selectList({ numbers: ['revision'] })} FROM document WHERE kind = ? AND id = ?`,
          [kind, id],
        )?.revision ?? 0) + 1;
      const sealed = keys.sealer.seal(Buffer.from(JSON.stringify(body), 'utf8'), about({ kind, id, revision }));
      database.run('DELETE FROM document_name WHERE document_kind = ? AND document_id = ?', [kind, id]);
      database.run(
        `INSERT INTO document (kind, id, revision, due_at_ms, template) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (kind, id) DO UPDATE SET
           revision = excluded.revision, due_at_ms = excluded.due_at_ms, template = excluded.template`,
        [kind, id, revision, dueAtMs === undefined ? null : Math.ceil(dueAtMs), sealed],
      );
      for (const [name, value] of Object.entries(names)) {
        database.run('INSERT INTO document_name (document_kind, document_id, name, hash) VALUES (?, ?, ?, ?)', [
          kind,
          id,
          name,
          hashOf(kind, name, value),
        ]);
      }
    },
    remove(kind, id) {
      database.run('DELETE FROM document_name WHERE document_kind = ? AND document_id = ?', [kind, id]);
      return database.run('DELETE FROM document WHERE kind = ? AND id = ?', [kind, id]) > 0;
    },
  };

  return {
    read: async (work) => work(view),
    change: async (work) => database.write(() => work(change)),
    scrub,
  };
}

function pageValues({ afterId, limit }: DocumentPage): [string, number] {
  return [afterId ?? '', limit];
}
