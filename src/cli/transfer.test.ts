import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wire } from '../../tests/builders/open-house.ts';
import { enrol, idOf } from '../../tests/builders/transfer.ts';
import { loadConfig } from '../config/index.ts';
import { openCollectionFile } from './moving/collection-file.ts';
import { createProgram } from './program.ts';

const folder = mkdtempSync(join(tmpdir(), 'likeness-transfer-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A data folder that no server holds, and the command line over it. */
function commandLine(name: string) {
  const configFile = join(folder, `${name}.toml`);
  // Port 9 is discard: nothing that this test could meet by accident.
  writeFileSync(
    configFile,
    `port = 9\ndata_dir = "${name}"\ntrust_dir = "${name}-trust"\nlog_level = "silent"\nprofile = "fast"\n`,
  );
  const runNoting = async (onNote: (text: string) => void, ...args: string[]) => {
    const printed: string[] = [];
    const notes: string[] = [];
    let exitCode = -1;
    const program = createProgram(
      {
        print: (text) => void printed.push(text),
        note: (text) => {
          notes.push(text);
          onNote(text);
        },
        interactive: false,
        columns: 120,
      },
      (code) => {
        exitCode = code;
      },
    );
    await program.parseAsync(['--config', configFile, '--json', ...args], { from: 'user' });
    const text = printed.join('\n');
    return { exitCode, told: text === '' ? undefined : JSON.parse(text), notes };
  };
  const run = (...args: string[]) => runNoting(() => {}, ...args);
  /** Works on the stores, while no command runs. */
  const inside = async <T>(work: (house: Awaited<ReturnType<typeof wire>>) => Promise<T>): Promise<T> => {
    const house = await wire(loadConfig({ env: { LIKENESS_CONFIG: configFile }, cwd: folder }), { vision: false });
    try {
      return await work(house);
    } finally {
      await house.close();
    }
  };
  const faces = (id: string) =>
    inside(async ({ stores }) => (await stores.collections.listFaces(id, { limit: 2000 })).faces);
  return { run, runNoting, inside, faces, dataDir: join(folder, name) };
}

const home = commandLine('home');
const away = commandLine('away');
const secret = join(folder, 'passphrase');
const withSecret = ['--passphrase-file', secret];
const key = join(folder, 'away.key');
const file = join(folder, 'album.likeness');
const count = 150;

beforeAll(async () => {
  writeFileSync(secret, 'correct horse battery staple\nsecond line\n');
  await away.run('collections', 'make-key', key);
  await home.run('collections', 'create', 'album', '--purpose', 'photo-library');
  await home.inside((house) =>
    enrol(
      { house } as never,
      'album',
      Array.from({ length: count }, (_, id) => ({ id, axis: id % 60, turned: id / count })),
    ),
  );
});

// One collection goes its way, so each step stands on the one before.
describe('likeness collections export', () => {
  it('refuses a passphrase that is too short or not said, and a key that is none', async () => {
    writeFileSync(join(folder, 'short'), 'secret\n');
    const attempts = [
      ['--passphrase-file', join(folder, 'short')],
      ['--passphrase-file', join(folder, 'missing')],
      ['--recipient', secret],
      ['--recipient', 'AAAA'],
      [],
    ];
    for (const args of attempts) {
      await expect(home.run('collections', 'export', 'album', file, ...args)).rejects.toMatchObject({
        name: 'UsageError',
      });
    }
    expect(existsSync(file)).toBe(false);
  });

  it('writes a file that only its owner reads, and never over another', async () => {
    expect(await home.run('collections', 'export', 'album', file, '--recipient', `${key}.pub`)).toMatchObject({
      exitCode: 0,
      told: { faces: count, users: 0 },
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await expect(home.run('collections', 'export', 'album', file)).rejects.toThrow('there already');
  });

  it('names every damage, and knows the key that signed it', async () => {
    const verify = (path: string, ...args: string[]) => home.run('collections', 'verify-export', path, ...args);
    expect(await verify(file)).toMatchObject({ exitCode: 0, told: { whole: true, faces: count } });
    const pem = join(folder, 'key.pem');
    await home.inside(async ({ keyring }) => writeFileSync(pem, keyring.signer.publicKeyPem));
    expect(await verify(file, '--public-key', pem)).toMatchObject({ exitCode: 0 });
    await away.inside(async ({ keyring }) => writeFileSync(pem, keyring.signer.publicKeyPem));
    expect(await verify(file, '--public-key', pem)).toMatchObject({ exitCode: 1, told: { whole: false } });

    const bytes = readFileSync(file);
    const damaged = join(folder, 'damaged');
    const soundOf = async (copy: Buffer): Promise<boolean> => {
      writeFileSync(damaged, copy);
      const opened = await openCollectionFile(damaged);
      try {
        return (await opened.scan()).isWhole;
      } catch (error) {
        expect((error as Error).name).toBe('CollectionFileError');
        return false;
      } finally {
        await opened.close();
      }
    };
    expect(await soundOf(bytes)).toBe(true);
    for (let at = 0; at < bytes.length; at += 1 + Math.floor(bytes.length / 60)) {
      const copy = Buffer.from(bytes);
      copy[at] = (copy[at] ?? 0) ^ 0x10;
      expect(await soundOf(copy), `a flipped bit at ${at}`).toBe(false);
    }
    for (const cut of [0, 10, 24, 1000, bytes.length >> 1, bytes.length - 1]) {
      expect(await soundOf(bytes.subarray(0, cut)), `cut at ${cut}`).toBe(false);
    }
    expect(await soundOf(Buffer.concat([bytes, bytes.subarray(0, 40)]))).toBe(false);
    // Frames in another order, or one of them twice, or dropped.
    const opened = await openCollectionFile(file);
    const { frames } = await opened.scan();
    await opened.close();
    const [second, third] = [frames[1], frames[2]];
    if (second === undefined || third === undefined) throw new Error('too few frames');
    const part = (frame: typeof second) => bytes.subarray(frame.offset, frame.offset + frame.bytes);
    const around = [bytes.subarray(0, second.offset), bytes.subarray(third.offset + third.bytes)] as const;
    for (const between of [[part(third), part(second)], [part(second)], [part(second), part(second), part(third)]]) {
      expect(await soundOf(Buffer.concat([around[0], ...between, around[1]]))).toBe(false);
    }
    expect(await verify(damaged)).toMatchObject({ exitCode: 1, told: { whole: false } });
    await expect(away.run('collections', 'import', damaged, '--identity', key)).rejects.toThrow('cannot be imported');
  });

  it('goes on where it was torn, to the same file, and begins anew what is over', async () => {
    const unfinished = `${file}.unfinished`;
    const bytes = readFileSync(file);
    rmSync(file);
    // As a kill leaves it: the answer with the end was under way.
    writeFileSync(unfinished, bytes.subarray(0, bytes.length - 7));
    expect(await home.run('collections', 'export', 'album', file)).toMatchObject({ exitCode: 0 });
    expect(readFileSync(file).equals(bytes)).toBe(true);
    // The approval was for one file: one that lacks more is begun anew.
    rmSync(file);
    writeFileSync(unfinished, bytes.subarray(0, bytes.length >> 1));
    const again = await home.run('collections', 'export', 'album', file);
    expect(again).toMatchObject({ exitCode: 0, told: { faces: count } });
    expect(again.notes.join()).toContain('begun anew');
    expect(readdirSync(folder).filter((name) => /unfinished|asked/.test(name))).toEqual([]);
  });
});

describe('likeness collections import', () => {
  const take = (...args: string[]) => away.run('collections', 'import', file, '--identity', key, ...args);

  it('takes the key alone, and is over when it is done', async () => {
    await expect(away.run('collections', 'import', file)).rejects.toThrow('--identity');
    const other = join(folder, 'other.key');
    await away.run('collections', 'make-key', other);
    await expect(away.run('collections', 'import', file, '--identity', other)).rejects.toThrow('is not the key');
    expect(await take()).toMatchObject({ exitCode: 0, told: { faces: count, left: [] } });
    expect(await away.faces('album')).toEqual(await home.faces('album'));
    // What stands there is not written over.
    await expect(take()).rejects.toMatchObject({ name: 'ConflictException' });
  });

  it('goes on where it was stopped, and says so when something else stands in the collection meanwhile', async () => {
    const stop = (text: string) => {
      if (text.startsWith('Importing into')) process.listeners('SIGINT').at(-1)?.('SIGINT');
    };
    const journals = join(away.dataDir, 'import-journals');
    const before = new Set(readdirSync(journals));
    const args = ['collections', 'import', file, '--as', 'second', '--identity', key];
    expect(await away.runNoting(stop, ...args)).toMatchObject({ exitCode: 130 });
    expect(await away.faces('second')).toEqual([]);
    const [journal = ''] = readdirSync(journals).filter((name) => !before.has(name));
    expect(readFileSync(join(journals, journal), 'utf8')).not.toMatch(/template|faceId|token"/);
    // As a kill leaves it.
    appendFileSync(join(journals, journal), '[5,{"torn');
    await away.inside((house) => enrol({ house } as never, 'second', [{ id: 5000, axis: 1 }]));
    const other = await take('--as', 'second');
    expect(other).toMatchObject({
      exitCode: 1,
      told: { faces: count + 1, fault: expect.stringContaining('stays open') },
    });
    await away.inside(({ stores }) => stores.collections.deleteFaces('second', [idOf(5000)]));
    expect(await take('--as', 'second')).toMatchObject({ exitCode: 0, told: { faces: count } });
    expect(await away.faces('second')).toEqual(await home.faces('album'));
  });

  it('makes an empty collection with the face model of the file, and refuses one that is not there', async () => {
    await home.run('collections', 'create', 'old', '--purpose', 'media-archive');
    await home.inside(async ({ stores, faceModels }) => {
      const [record] = (await stores.collections.listCollections({ limit: 9 })).filter(({ id }) => id === 'old');
      const modelVersion = faceModels.versions.find((version) => version !== record?.modelVersion) ?? '';
      const { dimensions } = faceModels.calibration(modelVersion);
      await stores.collections.beginStaging('old', { modelVersion, dimensions, startedAtMs: 1 });
      await stores.collections.switchModel('old', { modelVersion, dropFaceIds: [] });
    });
    await home.inside((house) => enrol({ house } as never, 'old', [{ id: 900, axis: 3 }]));
    const old = join(folder, 'old.likeness');
    expect(await home.run('collections', 'export', 'old', old, ...withSecret)).toMatchObject({ exitCode: 0 });
    writeFileSync(join(folder, 'wrong'), 'a passphrase, but another\n');
    await expect(away.run('collections', 'import', old, '--passphrase-file', join(folder, 'wrong'))).rejects.toThrow(
      'not the one',
    );
    expect(await away.run('collections', 'import', old, ...withSecret)).toMatchObject({ exitCode: 0 });
    expect((await away.faces('old'))[0]?.modelVersion).toBe((await home.faces('old'))[0]?.modelVersion);
  });
});

describe('two persons', () => {
  it('agree on an export for a key and on its import, each command run again', async () => {
    const { run } = home;
    expect(statSync(key).mode & 0o777).toBe(0o600);
    await expect(away.run('collections', 'make-key', key)).rejects.toThrow('cannot write');
    await run('people', 'add', 'Ada', '--roles', 'auditor');
    const ada = (await run('keys', 'create', '--person', 'Ada')).told.credentialsFile as string;
    const sealed = join(folder, 'sealed.likeness');
    const ask = () => run('collections', 'export', 'album', sealed, '--recipient', `${key}.pub`);
    const waiting = await ask();
    expect(waiting).toMatchObject({ exitCode: 75, told: { status: 'pending' } });
    expect(await ask()).toMatchObject({ exitCode: 75, told: { proposalId: waiting.told.proposalId } });
    await run('proposals', 'approve', waiting.told.proposalId, '--credentials', ada);
    expect(await ask()).toMatchObject({ exitCode: 0, told: { faces: count } });
    const imported = await away.run('collections', 'import', sealed, '--as', 'fourth', '--identity', key);
    expect(imported).toMatchObject({ exitCode: 0, told: { collectionId: 'fourth', faces: count } });
  });
});
