import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createSealer, makeKeyBytes } from '../shared/sealing.ts';
import { createSigner, makeSigningKey, verifyDocument } from '../shared/signing.ts';
import { extractBackup, readBackupHeader, writeBackupFile } from './backup-file.ts';
import { frameBytes } from './frames.ts';

const sealer = createSealer(makeKeyBytes());
const signer = createSigner(makeSigningKey());

function folderOf(): string {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-backup-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A backup of files of these sizes, and the way to restore it. */
async function backupOf(sizes: readonly number[]) {
  const folder = folderOf();
  const contents = sizes.map((size) => randomBytes(size));
  const files = contents.map((content, index) => {
    const file = join(folder, `file-${'abcdef'[index]}.db`);
    writeFileSync(file, content);
    return file;
  });
  const path = join(folder, 'one.likeness-backup');
  const header = await writeBackupFile({
    path,
    files,
    sealer,
    signer,
    about: {
      backupId: 'b1',
      createdAt: '2026-01-01T00:00:00.000Z',
      expiresAt: '2026-01-31T00:00:00.000Z',
      software: 'test',
      masterKeyId: 'm',
      keyring: '{}',
      facts: { collections: 0, faces: 0, users: 0, documents: {} },
      tombstones: { count: 0, mac: '' },
    },
  });
  const restore = async () => {
    const out = join(folder, `out-${randomBytes(4).toString('hex')}`);
    mkdirSync(out);
    await extractBackup({ path, folder: out, sealerFor: () => sealer });
    return header.parts.map(({ name }) => readFileSync(join(out, name)));
  };
  return { path, header, contents, restore };
}

/** Changes one byte of a file. */
function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

describe('a backup file', () => {
  it.each([
    ['nothing at all', []],
    ['an empty file between others', [5, 0, 7]],
    ['exactly one frame', [frameBytes]],
    ['files that end within frames', [frameBytes + 1, 3, frameBytes - 5]],
    ['files over many frames', [3 * frameBytes + 17, 100_000]],
  ])('gives back %s', async (_, sizes) => {
    const { contents, restore } = await backupOf(sizes);
    expect((await restore()).map((bytes) => bytes.toString('base64'))).toEqual(
      contents.map((bytes) => bytes.toString('base64')),
    );
  });

  it('bears a header that anyone can verify, and shows nothing of what it holds', async () => {
    const { path, contents } = await backupOf([4_096]);
    const header = await readBackupHeader(path);
    expect(verifyDocument(signer.publicKeyPem, header)).toBe(true);
    expect(readFileSync(path).includes(contents[0]?.subarray(0, 16) ?? '')).toBe(false);
  });

  it('names the frame that was changed, wherever it was', async () => {
    const { path, restore } = await backupOf([2 * frameBytes + 10]);
    const whole = readFileSync(path);
    const start = whole.length - (2 * frameBytes + 10 + 3 * 20);
    for (const [at, frame] of [
      [start + 100, 1],
      [start + frameBytes + 20 + 100, 2],
      [whole.length - 1, 3],
    ] as const) {
      writeFileSync(path, whole);
      flip(path, at);
      await expect(restore()).rejects.toMatchObject({
        fault: 'damaged',
        message: expect.stringContaining(`frame ${frame},`),
      });
    }
  });

  it('is refused when its header was changed, even where that still reads', async () => {
    const { path, restore } = await backupOf([10]);
    const bytes = readFileSync(path);
    bytes.write('2036', bytes.indexOf('2026-01-31'));
    writeFileSync(path, bytes);
    await expect(restore()).rejects.toMatchObject({ fault: 'damaged' });
  });

  it('is refused when it was cut, at a frame or within one, or goes on behind its end', async () => {
    const { path, restore } = await backupOf([frameBytes + 10]);
    const whole = readFileSync(path);
    for (const length of [whole.length - 1, whole.length - 30, whole.length - 200, 30, 3, 0]) {
      writeFileSync(path, whole);
      truncateSync(path, length);
      await expect(restore()).rejects.toMatchObject({ name: 'BackupError' });
    }
    writeFileSync(path, Buffer.concat([whole, Buffer.from('x')]));
    await expect(restore()).rejects.toMatchObject({
      fault: 'damaged',
      message: expect.stringContaining('1 bytes follow'),
    });
  });

  it('does not open under other keys', async () => {
    const { path } = await backupOf([10]);
    const stranger = createSealer(makeKeyBytes());
    await expect(extractBackup({ path, folder: folderOf(), sealerFor: () => stranger })).rejects.toMatchObject({
      fault: 'damaged',
    });
  });

  it('takes no frame of another backup', async () => {
    const one = await backupOf([10]);
    const other = await backupOf([10]);
    const a = readFileSync(one.path);
    const b = readFileSync(other.path);
    writeFileSync(one.path, Buffer.concat([a.subarray(0, a.length - 30), b.subarray(b.length - 30)]));
    await expect(one.restore()).rejects.toMatchObject({ fault: 'damaged' });
  });
});
