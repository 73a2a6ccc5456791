import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Keyring,
  masterKeyFileSteps,
  masterKeyIdOf,
  nextMasterKeyFile,
  openKeyring,
  readMasterKey,
  readMasterKeyFor,
  rotateMasterKey,
} from './index.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'likeness-rotation-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const path = (): string => join(folder, 'trust', 'master-key');
const file = (): string => join(folder, 'data', 'keyring.json');
const source = () => ({ kind: 'file', path: path() }) as const;
const open = (): Keyring => openKeyring({ file: file(), masterKeys: [readMasterKeyFor(source(), file())] });
const text = Buffer.from('a receipt');

describe('rotating a master key that is kept in a file', () => {
  it('wraps the keyring under a new key, opens what was sealed before, and leaves the old key nowhere', () => {
    const keyring = open();
    const before = keyring.masterKeyId;
    const oldKey = readFileSync(path(), 'utf8').trim();
    const sealed = keyring.sealer('records').seal(text, 'about');
    expect(rotateMasterKey(source(), keyring)).toBe(true);
    expect(keyring.masterKeyId).not.toBe(before);
    expect(Buffer.from(keyring.sealer('records').open(sealed, 'about'))).toEqual(text);
    const after = open();
    expect(after.masterKeyId).toBe(keyring.masterKeyId);
    expect(Buffer.from(after.sealer('records').open(sealed, 'about'))).toEqual(text);
    expect(existsSync(nextMasterKeyFile(path()))).toBe(false);
    expect(() => openKeyring({ file: file(), masterKeys: [Buffer.from(oldKey, 'hex')] })).toThrow(/was locked with/);
  });

  it('makes no new key where the file is gone and a keyring is locked with it, unless another key opens that', () => {
    const { masterKeyId } = open();
    rmSync(path());
    expect(open).toThrow(new RegExp(`no master key at .*locked with master key ${masterKeyId}`));
    expect(existsSync(path())).toBe(false);
    readMasterKeyFor(source(), file(), { mayMake: true });
    expect(existsSync(path())).toBe(true);
  });

  it('can be cut short after any step: the next start opens everything, once and again, and can rotate', () => {
    const first = open();
    const sealed = first.sealer('collections').seal(text, 'about');
    const kept = join(folder, 'kept');
    cpSync(join(folder, 'trust'), join(kept, 'trust'), { recursive: true });
    cpSync(join(folder, 'data'), join(kept, 'data'), { recursive: true });
    const steps = masterKeyFileSteps(path(), first).length;
    for (let done = 0; done <= steps; done++) {
      for (const part of ['trust', 'data']) {
        rmSync(join(folder, part), { recursive: true });
        cpSync(join(kept, part), join(folder, part), { recursive: true });
      }
      const keyring = open();
      for (const step of masterKeyFileSteps(path(), keyring).slice(0, done)) step();
      for (let start = 0; start < 2; start++) {
        const again = open();
        expect(Buffer.from(again.sealer('collections').open(sealed, 'about'))).toEqual(text);
        expect(again.masterKeyId).toBe(masterKeyIdOf(readMasterKey(source())));
        // From the second step on the new key is the one, and no start goes back to the old.
        expect(again.masterKeyId === first.masterKeyId).toBe(done < 2);
      }
      expect(rotateMasterKey(source(), open())).toBe(true);
      expect(Buffer.from(open().sealer('collections').open(sealed, 'about'))).toEqual(text);
    }
  });

  it('goes on when another process has ended it in the meantime', () => {
    const keyring = open();
    const [writeNext, rewrap, move] = masterKeyFileSteps(path(), keyring);
    writeNext?.();
    // Before the keyring is wrapped anew, another process opens it with the old key and leaves both files alone.
    expect(open().masterKeyId).toBe(keyring.masterKeyId);
    rewrap?.();
    const other = open();
    expect(existsSync(nextMasterKeyFile(path()))).toBe(false);
    move?.();
    expect(open().masterKeyId).toBe(other.masterKeyId);
    expect(keyring.masterKeyId).toBe(other.masterKeyId);
  });

  it('leaves everything as it was when the new key cannot be written', () => {
    const keyring = open();
    const before = keyring.masterKeyId;
    mkdirSync(nextMasterKeyFile(path()));
    expect(() => rotateMasterKey(source(), keyring)).toThrow();
    expect(keyring.masterKeyId).toBe(before);
    rmSync(nextMasterKeyFile(path()), { recursive: true });
    expect(open().masterKeyId).toBe(before);
  });
});

describe('rotating a master key that comes from elsewhere', () => {
  it('takes the key that the command prints now, and changes nothing while that is the one in use', () => {
    const printed = join(folder, 'printed');
    writeFileSync(printed, '11'.repeat(32));
    const command = { kind: 'command', command: `cat ${printed}` } as const;
    const keyring = openKeyring({ file: file(), masterKeys: [readMasterKey(command)] });
    const before = keyring.masterKeyId;
    expect(rotateMasterKey(command, keyring)).toBe(false);
    writeFileSync(printed, '22'.repeat(32));
    expect(rotateMasterKey(command, keyring)).toBe(true);
    expect(keyring.masterKeyId).not.toBe(before);
    expect(openKeyring({ file: file(), masterKeys: [readMasterKey(command)] }).masterKeyId).toBe(keyring.masterKeyId);
  });

  it('changes nothing with a key of the environment, which a process cannot read anew', () => {
    const environment = { kind: 'text', name: 'LIKENESS_MASTER_KEY', read: () => '33'.repeat(32) } as const;
    const keyring = openKeyring({ file: file(), masterKeys: [readMasterKey(environment)] });
    expect(rotateMasterKey(environment, keyring)).toBe(false);
  });
});
