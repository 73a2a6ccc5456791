import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Libsql from 'libsql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { storeKeys } from '../../../tests/stores/store-keys.ts';
import { openAuditReader, openStores } from '../../stores/index.ts';
import { type ChainHead, type ChainVerdict, createAuditLog, createAuditReader } from './index.ts';

let dataDir: string;
let head: ChainHead | undefined;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'likeness-audit-'));
  const stores = await openStores({ dataDir, clock: Date.now, keys: storeKeys });
  const log = createAuditLog({ store: stores.audit, clock: Date.now, node: 'node-1' });
  await Promise.all(
    Array.from({ length: 30 }, (_, index) =>
      log.append({
        kind: index % 2 === 0 ? 'decision' : 'outcome',
        requestId: `request-${index}`,
        decisionId: `decision-${index >> 1}`,
        actor: { person: 'operator', accessKeyId: 'AK' },
        operation: 'SearchFaces',
        policyDigest: 'p',
      }),
    ),
  );
  head = await log.head();
  await stores.close();
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

/** Edits audit.db as one who has the machine would: without the triggers that keep it append-only, which come back after. */
function edit(...statements: readonly string[]): void {
  const database = new Libsql(join(dataDir, 'audit.db'));
  try {
    const triggers = database.prepare("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").all() as {
      name: string;
      sql: string;
    }[];
    expect(triggers.length).toBeGreaterThan(0);
    for (const { name } of triggers) database.exec(`DROP TRIGGER ${name}`);
    for (const statement of statements) database.exec(statement);
    for (const { sql } of triggers) database.exec(sql);
  } finally {
    database.close();
  }
}
async function verify(expectedHead?: ChainHead): Promise<ChainVerdict> {
  const store = openAuditReader({ dataDir });
  try {
    return await createAuditReader(store).verify(expectedHead ? { expectedHead } : {});
  } finally {
    store.close();
  }
}

describe('an audit log on disk', () => {
  it('is intact after it was written together and opened again', async () => {
    expect(await verify(head)).toEqual({ intact: true, entries: 30, head });
  });

  it('tells a record that was edited', async () => {
    edit("UPDATE entry SET body = replace(body, 'operator', 'somebody') WHERE sequence = 12");
    expect(await verify()).toMatchObject({ intact: false, sequence: 12, reason: 'changed' });
  });

  it('tells a record that was deleted', async () => {
    edit('DELETE FROM entry WHERE sequence = 12');
    expect(await verify()).toMatchObject({ intact: false, sequence: 12, reason: 'missing' });
  });

  it('tells two records that changed places', async () => {
    edit(
      'UPDATE entry SET sequence = 1012 WHERE sequence = 12',
      'UPDATE entry SET sequence = 12 WHERE sequence = 13',
      'UPDATE entry SET sequence = 13 WHERE sequence = 1012',
    );
    expect(await verify()).toMatchObject({ intact: false, sequence: 12, reason: 'changed' });
  });

  it('tells that its end was cut off, against a head noted elsewhere', async () => {
    edit('DELETE FROM entry WHERE sequence > 20');
    expect(await verify()).toMatchObject({ intact: true, entries: 20 });
    expect(await verify(head)).toMatchObject({ intact: false, sequence: 21, reason: 'truncated' });
  });
});
