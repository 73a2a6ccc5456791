import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { storeKeys } from '../../../tests/stores/store-keys.ts';
import { openDatabase } from './database.ts';
import { openStores, type Stores } from './open-stores.ts';
import { GOVERNANCE_MIGRATIONS } from './schema.ts';

let dataDir = '';
let stores: Stores;
beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'likeness-documents-'));
  stores = await openStores({ dataDir, keys: storeKeys, clock: () => 0 });
});
afterEach(async () => {
  await stores.close();
  rmSync(dataDir, { recursive: true, force: true });
});

it('finds a document by its id, its names and its time, before and after a restart', async () => {
  await stores.documents.change((documents) => {
    documents.put('receipt', 'r1', { subject: 'a' }, { names: { subject: 'a' }, dueAtMs: 20 });
    documents.put('receipt', 'r2', { subject: 'b' }, { names: { subject: 'b' }, dueAtMs: 10 });
    documents.put('person', 'a', { roles: [] });
  });
  await stores.close();
  stores = await openStores({ dataDir, keys: storeKeys, clock: () => 0 });
  await stores.documents.read((documents) => {
    expect(documents.get('receipt', 'r1')).toMatchObject({ id: 'r1', revision: 1, body: { subject: 'a' } });
    expect(documents.named('receipt', 'subject', 'a', { limit: 10 }).map(({ id }) => id)).toEqual(['r1']);
    expect(documents.named('person', 'subject', 'a', { limit: 10 })).toEqual([]);
    expect(documents.due('receipt', 15, 10).map(({ id }) => id)).toEqual(['r2']);
    expect(documents.due('receipt', 20, 10).map(({ id }) => id)).toEqual(['r2', 'r1']);
    expect(documents.list('receipt', { afterId: 'r1', limit: 10 }).map(({ id }) => id)).toEqual(['r2']);
    expect(documents.count('receipt')).toBe(2);
  });
});

it('undoes a whole change when it throws', async () => {
  await expect(
    stores.documents.change((documents) => {
      documents.put('receipt', 'r1', {});
      throw new Error('no');
    }),
  ).rejects.toThrow('no');
  expect(await stores.documents.read((documents) => documents.count('receipt'))).toBe(0);
});

it('replaces the names and the time of a document that is written again', async () => {
  await stores.documents.change((documents) => {
    documents.put('receipt', 'r1', 1, { names: { subject: 'a' }, dueAtMs: 1 });
    documents.put('receipt', 'r1', 2, { names: { subject: 'b' } });
    expect(documents.get('receipt', 'r1')).toMatchObject({ revision: 2, body: 2 });
    expect(documents.named('receipt', 'subject', 'a', { limit: 1 })).toEqual([]);
    expect(documents.named('receipt', 'subject', 'b', { limit: 1 })).toHaveLength(1);
    expect(documents.due('receipt', 10, 1)).toEqual([]);
  });
});

it('leaves neither a body nor a name readable in any file, and no trace of a removed one after scrubbing', async () => {
  const everything = (): string =>
    readdirSync(dataDir)
      .filter((name) => name.startsWith('governance'))
      .map((name) => readFileSync(join(dataDir, name)).toString('latin1'))
      .join('');
  await stores.documents.change((documents) => {
    documents.put('receipt', 'removed-id', { subject: 'Maria-Nováková' }, { names: { subject: 'Maria-Nováková' } });
  });
  expect(everything()).toContain('removed-id');
  expect(everything()).not.toContain('Maria');
  await stores.documents.change((documents) => documents.remove('receipt', 'removed-id'));
  await stores.documents.scrub();
  expect(everything()).not.toContain('removed-id');
});

it('refuses a body that was put in the place of another, or back in its own after a change', async () => {
  await stores.documents.change((documents) => {
    documents.put('receipt', 'r1', { withdrawn: false });
    documents.put('receipt', 'r2', { withdrawn: false });
  });
  await stores.close();
  const raw = openDatabase(join(dataDir, 'governance.db'), GOVERNANCE_MIGRATIONS);
  raw.run("UPDATE document SET template = (SELECT template FROM document WHERE id = 'r2') WHERE id = 'r1'");
  raw.close();
  stores = await openStores({ dataDir, keys: storeKeys, clock: () => 0 });
  await expect(stores.documents.read((documents) => documents.get('receipt', 'r1'))).rejects.toMatchObject({
    code: 'corrupt',
  });
});
