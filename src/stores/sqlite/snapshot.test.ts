import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolders } from '../../../tests/builders/folders.ts';
import {
  codeOf,
  everything,
  newCollection,
  newFace,
  newImage,
  seededRandom,
  unitVector,
  uuid,
} from '../../../tests/stores/builders.ts';
import { filesBelow, findTemplate } from '../../../tests/stores/byte-search.ts';
import { storeKeys } from '../../../tests/stores/store-keys.ts';
import { openStores } from './open-stores.ts';

const newFolder = temporaryFolders('snapshot');
const clock = (): number => 1_700_000_000_000;
const random = seededRandom(12);

describe('a snapshot', () => {
  it('opens as a data folder with everything that stood when it was begun, and what came later is not half in it', async () => {
    const stores = await openStores({ dataDir: newFolder(), clock, keys: storeKeys });
    const templates = Array.from({ length: 300 }, () => unitVector(random, 128));
    await stores.collections.createCollection({ ...newCollection('c', 128), tags: { k: 'v' } });
    for (let image = 0; image < 3; image++) {
      const faces = templates.slice(100 * image, 100 * image + 100);
      const boxed = faces.map((template, i) => ({
        ...newFace(100 * image + i, template),
        box: { left: i / 100, top: 0, width: 0.005, height: 0.01 },
      }));
      await stores.collections.addFaces('c', newImage(image, boxed, `photo-${image}`));
    }
    await stores.collections.createUser('c', 'ann');
    await stores.documents.change((documents) => documents.put('setting', 's', { a: 1 }));
    await stores.audit.append(() => ({ sequence: 1, body: '{}', previousHash: '0', hash: '1' }));
    await stores.keys.put({
      accessKeyId: 'A',
      secretAccessKey: 's',
      person: 'p',
      operations: '*',
      collections: '*',
      purposes: ['photo-library'],
      createdAtMs: 1,
    });
    const folder = join(newFolder(), "it's here");
    const copying = stores.snapshot(folder);
    const adding = stores.collections.addFaces('c', newImage(9, [newFace(900, unitVector(random, 128))]));
    expect((await copying).toSorted()).toEqual(readdirSync(folder).toSorted());
    await adding;
    await stores.close();
    for (const file of readdirSync(folder)) expect(statSync(join(folder, file)).mode & 0o077).toBe(0);

    const copy = await openStores({ dataDir: folder, clock, keys: storeKeys });
    expect(copy.damagedCollections()).toEqual([]);
    const count = (await copy.collections.findCollection('c'))?.faceCount ?? 0;
    expect([300, 301]).toContain(count);
    const [best] = await copy.collections.searchFaces('c', templates[250] ?? new Float32Array(), everything());
    expect(best?.face.faceId).toBe(uuid(250));
    expect(await copy.collections.findUser('c', 'ann')).toBeDefined();
    expect(await copy.documents.read((documents) => documents.get('setting', 's')?.body)).toEqual({ a: 1 });
    expect((await copy.audit.last())?.sequence).toBe(1);
    expect(await copy.keys.find('A')).toMatchObject({ secretAccessKey: 's' });
    await copy.close();
    expect(findTemplate(filesBelow(folder), templates[7] ?? new Float32Array())).toEqual([]);
  });

  it('lets deletions wait for it, which are done and scrubbed then', async () => {
    const dataDir = newFolder();
    const stores = await openStores({ dataDir, clock, keys: storeKeys });
    await stores.collections.createCollection(newCollection('c', 8));
    await stores.collections.addFaces('c', newImage(1, [newFace(1, unitVector(random, 8))], 'ann'));
    const folder = newFolder();
    let copied = false;
    const copying = stores.snapshot(folder).then(() => {
      copied = true;
    });
    expect(await stores.collections.eraseSubject('c', 'ann')).toEqual({ faces: 1, users: 0, keys: 1 });
    expect(copied).toBe(true);
    await copying;
    expect(filesBelow(dataDir).get('collections.db-wal')?.length ?? 0).toBe(0);
    await stores.close();
  });

  it('of stores in memory is as good', async () => {
    const stores = await openStores({ dataDir: ':memory:', clock, keys: storeKeys });
    await stores.collections.createCollection(newCollection('c', 8));
    const folder = newFolder();
    await stores.snapshot(folder);
    await stores.close();
    const copy = await openStores({ dataDir: folder, clock, keys: storeKeys });
    expect(await copy.collections.countCollections()).toBe(1);
    await copy.close();
  });

  it('that finds no room says so, and overwrites nothing', async (context) => {
    const stores = await openStores({ dataDir: newFolder(), clock, keys: storeKeys });
    await stores.collections.createCollection(newCollection('c', 128));
    const faces = Array.from({ length: 400 }, (_, i) => ({
      ...newFace(i, unitVector(random, 128)),
      box: { left: i / 400, top: 0, width: 0.001, height: 0.01 },
    }));
    await stores.collections.addFaces('c', newImage(1, faces));
    const folder = newFolder();
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', folder], { stdio: 'ignore' });
    } catch {
      await stores.close();
      return context.skip('a small file system can only be mounted by root on Linux');
    }
    try {
      expect(await codeOf(stores.snapshot(folder))).toBe('disk-full');
    } finally {
      execFileSync('umount', ['-l', folder]);
    }
    await stores.snapshot(folder);
    expect(await codeOf(stores.snapshot(folder))).toBe('EEXIST');
    expect(await stores.collections.deleteFaces('c', [uuid(3)])).toMatchObject({ deleted: [uuid(3)] });
    await stores.close();
  });
});
