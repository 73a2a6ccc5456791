import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verifySignature } from '../shared/signing.ts';
import { KeyringError, masterKeyIdOf, openKeyring, readMasterKey, writeMasterKey } from './index.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'likeness-keyring-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const first = new Uint8Array(32).fill(1);
const second = new Uint8Array(32).fill(2);
const file = (): string => join(folder, 'data', 'keyring.json');
const text = Buffer.from('a receipt');

describe('a keyring', () => {
  it('opens what it sealed before it was closed, and signs with the same key', () => {
    const before = openKeyring({ file: file(), masterKeys: [first] });
    const sealed = before.sealer('records').seal(text, 'about');
    const after = openKeyring({ file: file(), masterKeys: [first] });
    expect(Buffer.from(after.sealer('records').open(sealed, 'about'))).toEqual(text);
    expect(after.mac('names', 'x')).toEqual(before.mac('names', 'x'));
    expect(verifySignature(before.signer.publicKeyPem, text, after.signer.sign(text))).toBe(true);
  });

  it('keeps its keys apart', () => {
    const keyring = openKeyring({ masterKeys: [first] });
    const sealed = keyring.sealer('records').seal(text, 'about');
    expect(() => keyring.sealer('backups').open(sealed, 'about')).toThrow(/does not open/);
    expect(keyring.mac('names', 'x')).not.toEqual(keyring.mac('probes', 'x'));
  });

  it('is not opened by another master key, and says which one it needs', () => {
    openKeyring({ file: file(), masterKeys: [first] });
    expect(() => openKeyring({ file: file(), masterKeys: [second] })).toThrow(KeyringError);
    expect(() => openKeyring({ file: file(), masterKeys: [second] })).toThrow(masterKeyIdOf(first));
  });

  it('is locked anew when the server starts with a new master key beside the previous one', () => {
    const sealed = openKeyring({ file: file(), masterKeys: [first] })
      .sealer('records')
      .seal(text, 'about');
    openKeyring({ file: file(), masterKeys: [second, first] });
    const after = openKeyring({ file: file(), masterKeys: [second] });
    expect(Buffer.from(after.sealer('records').open(sealed, 'about'))).toEqual(text);
    expect(() => openKeyring({ file: file(), masterKeys: [first] })).toThrow(KeyringError);
  });

  it('is locked anew while it serves', () => {
    const keyring = openKeyring({ file: file(), masterKeys: [first] });
    const sealed = keyring.sealer('records').seal(text, 'about');
    keyring.rewrap(second);
    expect(keyring.masterKeyId).toBe(masterKeyIdOf(second));
    expect(Buffer.from(keyring.sealer('records').open(sealed, 'about'))).toEqual(text);
    const after = openKeyring({ file: file(), masterKeys: [second] });
    expect(Buffer.from(after.sealer('records').open(sealed, 'about'))).toEqual(text);
  });

  it('is read by its owner alone, and refuses a changed key by name', () => {
    openKeyring({ file: file(), masterKeys: [first] });
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    const content = JSON.parse(readFileSync(file(), 'utf8'));
    content.keys.records = content.keys.backups;
    writeFileSync(file(), JSON.stringify(content));
    expect(() => openKeyring({ file: file(), masterKeys: [first] })).toThrow(/the key records in .* is damaged/);
  });
});

describe('a sealed value', () => {
  it('does not open when any one of its bytes was changed, or about something else', () => {
    const sealer = openKeyring({ masterKeys: [first] }).sealer('records');
    const sealed = sealer.seal(text, 'about');
    for (let at = 0; at < sealed.length; at++) {
      const changed = Uint8Array.from(sealed, (byte, i) => (i === at ? byte ^ 1 : byte));
      expect(() => sealer.open(changed, 'about')).toThrow();
    }
    expect(() => sealer.open(sealed, 'else')).toThrow();
    expect(() => sealer.open(new Uint8Array(3), 'about')).toThrow();
  });
});

describe('a master key', () => {
  it('is made in a file at the first start and read again at the next', () => {
    const path = join(folder, 'trust', 'master-key');
    const made = readMasterKey({ kind: 'file', path });
    expect(readMasterKey({ kind: 'file', path })).toEqual(made);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('is read as hex or Base64, and nothing else is', () => {
    const hex = Buffer.from(first).toString('hex');
    const base64 = Buffer.from(first).toString('base64');
    for (const value of [hex, base64, ` ${hex}\n`]) {
      expect(Buffer.from(readMasterKey({ kind: 'text', name: 'X', read: () => value }))).toEqual(Buffer.from(first));
    }
    expect(() => readMasterKey({ kind: 'text', name: 'X', read: () => 'hunter2' })).toThrow(/X is no master key/);
  });

  it('is what a command prints; a command that fails tells its exit code and never its output', () => {
    writeMasterKey(join(folder, 'key'), second);
    const read = (command: string) => readMasterKey({ kind: 'command', command });
    expect(Buffer.from(read(`cat ${join(folder, 'key')}`))).toEqual(Buffer.from(second));
    const failing = `cat ${join(folder, 'key')}; exit 3`;
    expect(() => read(failing)).toThrow(/exit code 3/);
    try {
      read(failing);
    } catch (error) {
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('0202020202');
    }
  });
});
