import { mkdir, open, readFile, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { LineFile } from '../ports/line-file.ts';

/**
 * A file of lines on disk, readable by its owner alone. A line that a crash cut off is removed by the next append: it
 * was never acknowledged.
 *
 * @param file made when absent, with its folder
 */
export function openLineFile(file: string): LineFile {
  const readWhole = async (): Promise<{ text: string; wholeBytes: number }> => {
    let bytes: Buffer;
    try {
      bytes = await readFile(file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { text: '', wholeBytes: 0 };
      throw error;
    }
    const wholeBytes = bytes.lastIndexOf(0x0a) + 1;
    return { text: bytes.subarray(0, wholeBytes).toString('utf8'), wholeBytes };
  };
  let mended = false;
  return {
    async read() {
      const { text } = await readWhole();
      return text === '' ? [] : text.slice(0, -1).split('\n');
    },
    async append(lines) {
      if (lines.length === 0) return;
      const folder = dirname(file);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const handle = await open(file, 'a', 0o600);
      try {
        if (!mended) {
          await truncate(file, (await readWhole()).wholeBytes);
          mended = true;
        }
        await handle.appendFile(lines.map((line) => `${line}\n`).join(''));
        await handle.sync();
      } catch (error) {
        mended = false;
        throw error;
      } finally {
        await handle.close();
      }
      const directory = await open(folder, 'r');
      try {
        await directory.sync();
      } finally {
        await directory.close();
      }
    },
  };
}
