import { rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import {
  CreateCollectionCommand,
  DeleteFacesCommand,
  IndexFacesCommand,
  SearchFacesByImageCommand,
} from '@aws-sdk/client-rekognition';
import { afterEach, expect, it } from 'vitest';
import { smallSample } from '../../conformance/photos.ts';
import { discard, type Server, startServer, temporaryFolder } from '../../conformance/server.ts';
import { openKeyring, parseMasterKey } from '../../src/keyring/index.ts';
import { openStores } from '../../src/stores/index.ts';
import { encodeTemplate } from '../../src/stores/sqlite/template-codec.ts';
import { filesBelow, findTemplate } from '../stores/byte-search.ts';

let server: Server | undefined;
const folders: string[] = [];
afterEach(async () => {
  await discard(server);
  server = undefined;
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

it('a server that enrolled real faces leaves no template of them in any byte of its folders', async () => {
  const dataDir = temporaryFolder('likeness-bytes');
  const trustDir = `${dataDir}-trust`;
  folders.push(dataDir, trustDir);
  server = await startServer({ dataDir, env: { LIKENESS_PROFILE: 'fast', LIKENESS_TRUST_DIR: trustDir } });
  const client = server.client();
  const Bytes = await smallSample(6);
  await client.send(new CreateCollectionCommand({ CollectionId: 'c' }));
  const index = async (ExternalImageId?: string) => {
    const named = ExternalImageId === undefined ? {} : { ExternalImageId };
    const { FaceRecords } = await client.send(new IndexFacesCommand({ CollectionId: 'c', Image: { Bytes }, ...named }));
    return (FaceRecords ?? []).map(({ Face }) => Face?.FaceId ?? '');
  };
  const deleted = await index('a-photo');
  // The same photo without a name has the very same templates, by which those that were deleted are known too.
  const kept = await index();
  await client.send(new SearchFacesByImageCommand({ CollectionId: 'c', Image: { Bytes }, FaceMatchThreshold: 0 }));
  const looks = [filesBelow(dataDir)];
  await client.send(new DeleteFacesCommand({ CollectionId: 'c', FaceIds: deleted }));
  looks.push(filesBelow(dataDir));
  expect(await server.stop()).toBe(0);
  looks.push(filesBelow(dataDir), filesBelow(trustDir));

  const masterKey = looks[3]?.get('master-key');
  const keyring = openKeyring({
    file: join(dataDir, 'keyring.json'),
    masterKeys: [parseMasterKey(masterKey?.toString('utf8') ?? '', basename(trustDir))],
  });
  const stores = await openStores({ dataDir, keys: keyring, clock: () => 1 });
  const templates = await Promise.all(kept.slice(0, 3).map((faceId) => stores.collections.faceTemplate('c', faceId)));
  await stores.close();
  expect(templates.length).toBeGreaterThan(1);
  for (const template of templates) {
    if (template === undefined) throw new Error('a face that was enrolled has no template');
    for (const files of looks) {
      expect(files.size).toBeGreaterThan(0);
      expect(findTemplate(files, template)).toEqual([]);
    }
    expect(findTemplate(new Map([['planted', Buffer.from(encodeTemplate(template))]]), template)).not.toEqual([]);
  }
}, 180_000);
