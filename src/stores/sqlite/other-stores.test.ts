import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolders } from '../../../tests/builders/folders.ts';
import {
  codeOf,
  newCollection,
  newFace,
  newImage,
  seededRandom,
  unitVector,
  uuid,
} from '../../../tests/stores/builders.ts';
import { storeKeys } from '../../../tests/stores/store-keys.ts';
import { packageRoot } from '../../shared/package-root.ts';
import type { AuditEntry, KeyRecord } from '../ports/index.ts';
import { openDatabase } from './database.ts';
import { openAuditReader, openStores, type Stores } from './open-stores.ts';
import { AUDIT_MIGRATIONS, COLLECTION_MIGRATIONS, REQUEST_MIGRATIONS } from './schema.ts';

const newFolder = temporaryFolders('other-stores');
const open = (dataDir: string, clock = () => 1000): Promise<Stores> => openStores({ dataDir, clock, keys: storeKeys });

/** Of every file of a folder, read by another process: closing a file here would drop SQLite's locks on it. */
function allBytes(folder: string): Buffer {
  const copy = newFolder();
  execFileSync('cp', ['-r', folder, copy]);
  const copied = join(copy, basename(folder));
  return Buffer.concat(readdirSync(copied).map((file) => readFileSync(join(copied, file))));
}

function newKey(accessKeyId: string, over: Partial<KeyRecord> = {}): KeyRecord {
  return {
    accessKeyId,
    secretAccessKey: 'not-a-secret',
    person: 'ann',
    operations: '*',
    collections: ['c'],
    purposes: ['photo-library'],
    createdAtMs: 1,
    ...over,
  };
}

describe('keys', () => {
  it('are found as they were put, listed, and revoked once', async () => {
    const { keys, close } = await open(newFolder());
    const temporary = newKey('B', { sessionToken: 'token', expiresAtMs: 5 });
    await keys.put(temporary);
    await keys.put(newKey('A'));
    expect(await keys.find('B')).toEqual(temporary);
    expect(await keys.find('C')).toBeUndefined();
    expect((await keys.list()).map((key) => key.accessKeyId)).toEqual(['A', 'B']);
    expect(await keys.revoke('B', 9)).toBe(true);
    expect(await keys.revoke('B', 10)).toBe(false);
    expect(await keys.revoke('C', 10)).toBe(false);
    expect(await keys.find('B')).toEqual({ ...temporary, revokedAtMs: 9 });
    await close();
  });

  it('with a flipped bit are refused', async () => {
    const dataDir = newFolder();
    const { keys, close } = await open(dataDir);
    await keys.put(newKey('A', { operations: ['DetectFaces'] }));
    await close();
    const file = join(dataDir, 'keys.db');
    const bytes = readFileSync(file);
    const at = bytes.indexOf('DetectFaces');
    bytes[at] = (bytes[at] ?? 0) ^ 2;
    writeFileSync(file, bytes);
    const again = await open(dataDir);
    expect(await codeOf(again.keys.find('A'))).toBe('corrupt');
    await again.close();
  });
});

describe('the audit log', () => {
  const seal = (body: string) => (last: AuditEntry | undefined) => ({
    sequence: (last?.sequence ?? 0) + 1,
    body,
    previousHash: last?.hash ?? '0'.repeat(64),
    hash: `hash of ${body}`,
  });

  it('keeps entries in order, also for a reader beside the server and after a restart', async () => {
    const dataDir = newFolder();
    expect(await openAuditReader({ dataDir: join(dataDir, 'not-there') }).last()).toBeUndefined();
    expect(existsSync(join(dataDir, 'not-there'))).toBe(false);
    let stores = await open(dataDir);
    expect(await stores.audit.last()).toBeUndefined();
    for (const body of ['one', 'two', 'three']) await stores.audit.append(seal(body));
    const reader = openAuditReader({ dataDir });
    expect((await reader.read({ afterSequence: 1, limit: 1 })).map((entry) => entry.body)).toEqual(['two']);
    await stores.audit.append(seal('four'));
    expect((await reader.last())?.body).toBe('four');
    reader.close();
    await stores.close();
    stores = await open(dataDir);
    expect((await stores.audit.read({ afterSequence: 0, limit: 10 })).map((entry) => entry.body)).toEqual([
      'one',
      'two',
      'three',
      'four',
    ]);
    await stores.close();
  });

  it('takes only what follows the last entry, and nothing when sealing fails', async () => {
    const { audit, close } = await open(newFolder());
    await audit.append(seal('one'));
    await expect(audit.append(() => ({ ...seal('two')(undefined), sequence: 3 }))).rejects.toThrow(RangeError);
    await expect(audit.append(() => seal('two')(undefined))).rejects.toThrow(RangeError);
    await expect(
      audit.append(() => {
        throw new Error('no pen');
      }),
    ).rejects.toThrow('no pen');
    expect((await audit.append(seal('two'))).sequence).toBe(2);
    await close();
  });

  it('can neither be changed nor shortened through its database', async () => {
    const dataDir = newFolder();
    const { audit, close } = await open(dataDir);
    await audit.append(seal('one'));
    await close();
    const database = openDatabase(join(dataDir, 'audit.db'), AUDIT_MIGRATIONS);
    expect(() => database.run("UPDATE entry SET body = 'other'")).toThrow('append-only');
    expect(() => database.run('DELETE FROM entry')).toThrow('append-only');
    expect(() => database.run("INSERT OR REPLACE INTO entry VALUES (1, 'x', 'y', 'z')")).toThrow('append-only');
    database.close();
  });
});

describe('answers kept for repeated requests', () => {
  it('are found by person, operation and token until they expire, then swept', async () => {
    let now = 1000;
    const dataDir = newFolder();
    const { idempotency, close } = await open(dataDir, () => now);
    const key = { person: 'ann', operation: 'CreateUser', token: 't' };
    const kept = { requestDigest: 'd', answer: '{"answer":1}', expiresAtMs: 2000 };
    await idempotency.put(key, kept);
    expect(await idempotency.find(key)).toEqual({ requestDigest: 'd', answer: '{"answer":1}' });
    expect(await idempotency.find({ ...key, person: 'bob' })).toBeUndefined();
    expect(await idempotency.find({ ...key, operation: 'DeleteUser' })).toBeUndefined();
    now = 2000;
    expect(await idempotency.find(key)).toBeUndefined();
    await idempotency.put({ ...key, token: 'u' }, { ...kept, expiresAtMs: 3000 });
    await close();
    const requests = openDatabase(join(dataDir, 'requests.db'), REQUEST_MIGRATIONS);
    expect(requests.get('SELECT count(*) AS n FROM answer')).toEqual({ n: 1 });
    requests.close();
  });
});

describe('a data folder', () => {
  it('is for one process, which is named to the second', async () => {
    const dataDir = newFolder();
    const stores = await open(dataDir);
    await expect(open(dataDir)).rejects.toMatchObject({
      code: 'locked',
      message: expect.stringContaining(`process ${process.pid}`),
    });
    await stores.close();
    await (await open(dataDir)).close();
  });

  it('is free again once its process was killed', async () => {
    const dataDir = newFolder();
    const writer = join(packageRoot(), 'tests', 'stores', 'face-writer.mjs');
    const child = spawn(process.execPath, [writer, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    expect(await codeOf(open(dataDir))).toBe('locked');
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    child.stdout.resume();
    await ended;
    await (await open(dataDir)).close();
  });

  it('written by a later version is refused, untouched', async () => {
    const dataDir = newFolder();
    await (await open(dataDir)).close();
    const migrations = [...COLLECTION_MIGRATIONS, 'CREATE TABLE later (x INTEGER) STRICT'];
    const later = openDatabase(join(dataDir, 'collections.db'), migrations);
    later.close();
    await expect(open(dataDir)).rejects.toMatchObject({
      code: 'newer-schema',
      message: expect.stringContaining('later version of Likeness'),
    });
  });

  it('can be read by its owner alone', async () => {
    const dataDir = join(newFolder(), 'made');
    const stores = await open(dataDir);
    await stores.keys.put(newKey('A'));
    for (const file of readdirSync(dataDir))
      expect([file, statSync(join(dataDir, file)).mode & 0o077]).toEqual([file, 0]);
    await stores.close();
  });

  it('holds nothing of a deleted face once it is closed', async () => {
    const dataDir = newFolder();
    const random = seededRandom(6);
    const { collections, close } = await open(dataDir);
    await collections.createCollection(newCollection('c', 64));
    const templates = Array.from({ length: 40 }, () => unitVector(random, 64));
    for (const [i, template] of templates.entries())
      await collections.addFaces('c', newImage(i, [newFace(i, template)]));
    const reader = openDatabase(join(dataDir, 'collections.db'), COLLECTION_MIGRATIONS);
    const sealed = [7, 8].map((face) =>
      Buffer.from(
        reader.get<{ template: ArrayBuffer }>('SELECT template FROM face WHERE face_id = ?', [uuid(face)])!.template,
      ),
    );
    reader.close();
    await collections.deleteFaces('c', [uuid(7)]);
    const whileOpen = allBytes(dataDir);
    await close();
    for (const bytes of [whileOpen, allBytes(dataDir)]) {
      expect(bytes.includes(sealed[1]!)).toBe(true);
      expect(bytes.includes(sealed[0]!)).toBe(false);
    }
  });

  it('finishes at its next opening a deletion that was cut short', async () => {
    const dataDir = newFolder();
    const random = seededRandom(9);
    let stores = await open(dataDir);
    await stores.collections.createCollection(newCollection('large', 8));
    const faces = Array.from({ length: 12_000 }, (_, i) => newFace(i, unitVector(random, 8)));
    await stores.collections.addFaces('large', newImage(1, faces));
    const deleting = codeOf(stores.collections.deleteCollection('large'));
    await stores.close();
    expect(await deleting).toBe('closed');
    stores = await open(dataDir);
    expect(await stores.collections.findCollection('large')).toBeUndefined();
    await stores.close();
    const data = openDatabase(join(dataDir, 'collections.db'), COLLECTION_MIGRATIONS);
    expect(data.get('SELECT (SELECT count(*) FROM face) + (SELECT count(*) FROM collection) AS n')).toEqual({ n: 0 });
    data.close();
  });

  it('that is a file is refused', async () => {
    const file = join(newFolder(), 'file');
    writeFileSync(file, '');
    await expect(open(file)).rejects.toThrow();
    await (await open(newFolder())).close();
  });
});
