import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { entry, honest, net, openPackRoom, type PackRoom, words } from '../../../tests/builders/pack-room.ts';
import { packageRoot } from '../../shared/package-root.ts';
import { sha256 } from '../models/digest.ts';
import { openNet } from '../sessions/net.ts';
import {
  type InstallOptions,
  type InstallProgress,
  openPackInstaller,
  openPackStore,
  type PrepareSteps,
} from './index.ts';
import { packFolder } from './store.ts';

describe('installing a pack', () => {
  let room: PackRoom;
  beforeEach(async () => {
    room = await openPackRoom();
  });
  afterEach(() => room.close());

  it('fetches every file, checks it, tells how far it is, and leaves a net that runs', async () => {
    const progress: InstallProgress[] = [];
    const { pack, did } = await room.install({ onProgress: (step) => progress.push(step) });
    expect(did).toBe('installed');
    expect(pack.files.map(({ pinnedBy }) => pinnedBy)).toEqual(['manifest', 'manifest']);
    expect(await room.stateOf('pair')).toBe('installed');
    const opened = await openNet(await room.store().load('pair', 'net.onnx'));
    await opened.close();
    const fetched = progress.filter(({ phase, item }) => phase === 'fetch' && item === 'words.bin');
    expect(fetched.at(0)?.done).toBe(0);
    expect(fetched.at(-1)).toMatchObject({ done: words.length, total: words.length, unit: 'bytes' });
    expect((await readdir(packFolder(room.modelsDir, 'pair'))).sort()).toEqual([
      expect.stringMatching(/^[0-9a-f]{16}-(net.onnx|words.bin)$/),
      expect.stringMatching(/^[0-9a-f]{16}-(net.onnx|words.bin)$/),
      'pack.json',
    ]);
  });

  it('fetches nothing that is there, and only what is damaged', async () => {
    await room.install();
    room.requests.length = 0;
    expect((await room.install()).did).toBe('nothing');
    expect(room.requests).toEqual([]);
    const folder = packFolder(room.modelsDir, 'pair');
    const damaged = (await readdir(folder)).find((name) => name.endsWith('words.bin'))!;
    await writeFile(join(folder, damaged), 'x');
    expect(await room.stateOf('pair')).toBe('damaged');
    await room.install();
    expect(room.requests.map(({ path }) => path)).toEqual(['/pair/words.bin']);
    expect(await room.stateOf('pair')).toBe('installed');
  });

  it('fetches nothing when the licence is not accepted, and asks again only for another one', async () => {
    await expect(room.install({ accept: () => false })).rejects.toMatchObject({ name: 'PackLicenceNotAcceptedError' });
    expect(room.requests).toEqual([]);
    await room.install();
    const asked: string[] = [];
    await room.install({ accept: ({ name }) => asked.push(name) > 0 });
    expect(asked).toEqual([]);
  });

  it('refuses in a commercial deployment what may not be used for gain, before it asks or fetches', async () => {
    const packs = [{ ...entry, commercialUse: false }];
    const accept = () => {
      throw new Error('asked');
    };
    await expect(room.installer({ packs }).install('pair', { accept, mirror: room.mirror })).rejects.toMatchObject({
      name: 'ModelLicenceError',
    });
    expect(room.requests).toEqual([]);
  });

  describe('from files that were brought', () => {
    let folder: string;
    beforeEach(async () => {
      folder = join(room.modelsDir, 'usb');
      await mkdir(folder);
      await writeFile(join(folder, 'net.onnx'), net);
      await writeFile(join(folder, 'words.bin'), words);
      await writeFile(join(folder, 'classes.json'), '[]');
    });
    const offline = { mirror: undefined };
    const stated = { licence: 'a contract', commercialUse: true };

    it('takes them from the folder, fetches nothing and leaves the folder as it is', async () => {
      await room.install({ ...offline, from: folder });
      expect(room.requests).toEqual([]);
      expect(await room.stateOf('pair')).toBe('installed');
      expect(await readdir(folder)).toEqual(['classes.json', 'net.onnx', 'words.bin']);
    });

    it('refuses another file under the name', async () => {
      await writeFile(join(folder, 'words.bin'), Buffer.alloc(words.length));
      await expect(room.install({ ...offline, from: folder })).rejects.toThrow(/has SHA-256 .* expected/);
      await writeFile(join(folder, 'words.bin'), 'short');
      await expect(room.install({ ...offline, from: folder })).rejects.toThrow(/has 5 bytes, expected/);
      expect(await room.stateOf('pair')).not.toBe('installed');
    });

    it('says what is missing', async () => {
      await rm(join(folder, 'words.bin'));
      await expect(room.install({ ...offline, from: folder })).rejects.toThrow(/no file words.bin in/);
      await expect(room.install({ ...offline, from: join(folder, 'none') })).rejects.toThrow(/nothing at/);
      await expect(room.install({ ...offline, from: join(folder, 'net.onnx') })).rejects.toThrow(/several files/);
      await expect(room.install({ ...offline }, 'brought')).rejects.toThrow(/--licence/);
      await expect(room.install({ ...offline, stated }, 'brought')).rejects.toThrow(/--from <folder>/);
    });

    it("takes a model of the operator's own under the operator's digests and licence, and keeps it so", async () => {
      const from = { ...offline, from: folder, stated };
      const refused = await room.install(from, 'brought').catch((error: unknown) => error);
      expect(refused).toMatchObject({ name: 'PackUnpinnedError', files: [{ found: sha256(net) }, {}] });
      expect(String(refused)).toContain(`--sha256 net.onnx=${sha256(net)}`);
      const digests = new Map([
        ['net.onnx', sha256(net)],
        ['classes.json', sha256(Buffer.from('[]'))],
      ]);
      const { pack } = await room.install({ ...from, sha256: digests }, 'brought');
      expect(pack).toMatchObject({ licence: 'a contract', commercialUse: true });
      expect(pack.files.map(({ pinnedBy }) => pinnedBy)).toEqual(['operator', 'operator']);
      expect((await room.install(offline, 'brought')).did).toBe('nothing');

      await writeFile(join(folder, 'classes.json'), '["hat"]');
      await expect(room.install({ ...from, sha256: digests }, 'brought')).rejects.toThrow(/has SHA-256/);
      digests.set('classes.json', sha256(Buffer.from('["hat"]')));
      const changed = await room.install({ ...from, sha256: digests }, 'brought');
      expect(changed.pack.version).not.toBe(pack.version);
      expect(Buffer.from(await room.store().load('brought', 'classes.json')).toString()).toBe('["hat"]');
      expect(await readdir(packFolder(room.modelsDir, 'brought'))).toHaveLength(3);
    });

    it('refuses in a commercial deployment what its operator does not say to allow that', async () => {
      const digests = new Map([['net.onnx', sha256(net)]]);
      const terms = { licence: 'research only', commercialUse: false };
      await expect(
        room.install({ ...offline, from: folder, stated: terms, sha256: digests }, 'brought'),
      ).rejects.toMatchObject({ name: 'ModelLicenceError' });
    });
  });

  it('fetches what this release does not pin only under a digest of the operator', async () => {
    await expect(room.install({}, 'loose')).rejects.toThrow(/--sha256 words.bin=<SHA-256>/);
    expect(room.requests).toEqual([]);
    const wrong = new Map([['words.bin', sha256(net)]]);
    await expect(room.install({ sha256: wrong }, 'loose')).rejects.toThrow(/has SHA-256/);
    const { pack } = await room.install({ sha256: new Map([['words.bin', sha256(words)]]) }, 'loose');
    expect(pack.files).toMatchObject([{ sha256: sha256(words), bytes: words.length, pinnedBy: 'operator' }]);
  });

  it('takes no digest for a file that is pinned, that there is not, or that is none', async () => {
    const given = (name: string, digest: string) => room.install({ sha256: new Map([[name, digest]]) });
    await expect(given('net.onnx', sha256(words))).rejects.toThrow(/pinned by this release/);
    await expect(given('../net.onnx', sha256(words))).rejects.toThrow(/has no file/);
    await expect(given('net.onnx', 'abc')).rejects.toThrow(/64 hex digits/);
    await expect(room.install({ from: room.modelsDir })).rejects.toThrow(/--from or --mirror/);
    await expect(room.install({ mirror: 'ftp://example.org' })).rejects.toThrow(/http or https/);
    await expect(room.install({ stated: { licence: 'mine', commercialUse: true } })).rejects.toThrow(/is known/);
    expect(room.requests).toEqual([]);
  });

  it('never leads out of the folder of packs, whatever a manifest names', async () => {
    const packs = (path: string, id = 'pair') => [{ ...entry, id, files: [{ ...entry.files[0]!, path }] }];
    for (const path of ['../out.onnx', '/etc/out', 'a/b', '.hidden', 'a\\b', 'a..\u0000'])
      await expect(room.installer({ packs: packs(path) }).install('pair', room.accepting())).rejects.toThrow(
        /plain name/,
      );
    await expect(room.installer({ packs: packs('a', '../up') }).install('../up', room.accepting())).rejects.toThrow(
      /plain name/,
    );
    await expect(room.installer().install('..', room.accepting())).rejects.toMatchObject({ name: 'UnknownPackError' });
    expect(await readdir(room.modelsDir)).toEqual([]);
  });

  it('lets one process at a time install a pack, and takes over from one that was killed', async () => {
    let release = () => {};
    room.handlers = [
      (request, response, whole) => {
        release = () => honest(request, response, whole);
      },
    ];
    const first = room.install();
    await expect.poll(() => room.wordRequests().length).toBe(1);
    await expect(room.install()).rejects.toMatchObject({ name: 'PackBusyError' });
    await expect(room.installer().remove('pair')).rejects.toMatchObject({ name: 'PackBusyError' });
    release();
    await first;
    await room.installer().remove('pair');

    const lock = join(packFolder(room.modelsDir, 'pair'), 'lock');
    await mkdir(lock, { recursive: true });
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(lock, longAgo, longAgo);
    await room.install();
    expect(await room.stateOf('pair')).toBe('installed');
  });

  it('removes a pack with all that is of it', async () => {
    await room.install();
    expect(await room.installer().remove('pair')).toBe(true);
    expect(await room.stateOf('pair')).toBe('absent');
    expect(await readdir(join(room.modelsDir, 'packs'))).toEqual([]);
    expect(await room.installer().remove('pair')).toBe(false);
  });

  describe('that is prepared', () => {
    let table: string;
    let runs: number;
    let fails: boolean;
    const steps: PrepareSteps = {
      pair: {
        title: 'Counting words',
        dependsOn: () => table,
        run: async ({ load, onProgress }) => {
          runs++;
          if (fails) throw new Error('no words');
          onProgress(1, 2);
          const bytes = await load('words.bin');
          return new Map([['counts.txt', Buffer.from(`${bytes.length} ${table}`)]]);
        },
      },
    };
    beforeEach(() => {
      table = 'first';
      runs = 0;
      fails = false;
    });
    const run = (more: Partial<InstallOptions> = {}) => room.installer({ steps }).install('pair', room.accepting(more));
    const product = async () => Buffer.from(await room.store(steps).load('pair', 'counts.txt')).toString();

    it('runs the step after the install, and again only when something that it depends on is another', async () => {
      const progress: InstallProgress[] = [];
      expect((await run({ onProgress: (step) => progress.push(step) })).pack.ready).toBe(true);
      expect(await product()).toBe('600000 first');
      expect(progress.filter(({ phase }) => phase === 'prepare').map(({ done }) => done)).toEqual([0, 50, 100]);
      expect((await run()).did).toBe('nothing');
      expect(runs).toBe(1);
      table = 'second';
      expect((await room.store(steps).installed('pair'))?.ready).toBe(false);
      room.requests.length = 0;
      expect((await run()).did).toBe('prepared');
      expect({ runs, requests: room.requests }).toEqual({ runs: 2, requests: [] });
      expect(await product()).toBe('600000 second');
      expect(await readdir(packFolder(room.modelsDir, 'pair'))).toHaveLength(4);
    });

    it('keeps the files of a pack whose preparation failed, and runs it at the next try', async () => {
      fails = true;
      await expect(run()).rejects.toThrow('no words');
      expect((await room.store(steps).installed('pair'))?.ready).toBe(false);
      fails = false;
      room.requests.length = 0;
      expect((await run()).did).toBe('prepared');
      expect(room.requests).toEqual([]);
    });

    it('makes a damaged product anew', async () => {
      await run();
      const folder = packFolder(room.modelsDir, 'pair');
      const name = (await readdir(folder)).find((each) => each.endsWith('counts.txt'))!;
      await writeFile(join(folder, name), 'nonsense');
      await expect(product()).rejects.toMatchObject({ name: 'PackCorruptError' });
      expect((await run()).did).toBe('prepared');
      expect(await product()).toBe('600000 first');
    });
  });

  const yunet = join(packageRoot(), '..', 'shared', 'data', 'models', 'face_detection_yunet_2023mar.onnx');
  it.skipIf(!existsSync(yunet))(
    'installs the real YuNet under the pin of this release (skipped without ../shared/data)',
    async () => {
      room.content['/yunet/face_detection_yunet_2023mar.onnx'] = await readFile(yunet);
      const real = openPackInstaller({ modelsDir: room.modelsDir });
      const { pack } = await real.install('yunet', room.accepting());
      expect(pack.licence).toBe('MIT');
      const opened = await openNet(
        await openPackStore({ modelsDir: room.modelsDir }).load('yunet', 'face_detection_yunet_2023mar.onnx'),
      );
      await opened.close();
    },
  );
});
