import { open } from 'node:fs/promises';
import type { CheckpointAnchor } from '../ports/audit.ts';

/** More than a checkpoint can be long; the last whole line is found within it. */
const tailBytes = 64 * 1024;

/**
 * An anchor that appends to a file, one checkpoint a line. Nothing in it is ever rewritten, so it may lie on an
 * append-only medium; a line that a crash cut off is closed by the next append and stays as it is.
 *
 * @param file made when absent, readable by its owner alone; its folder must be there, so that a disk that is not
 *   mounted is noticed and not stood in for
 */
export function openAnchorFile(file: string): CheckpointAnchor {
  return {
    async last() {
      const tail = await readTail(file);
      const whole = tail.slice(0, tail.lastIndexOf('\n') + 1);
      return whole.split('\n').findLast((line) => isDocument(line));
    },
    async append(documents) {
      if (documents.length === 0) return;
      const tail = await readTail(file);
      const cutOff = tail !== '' && !tail.endsWith('\n') ? '\n' : '';
      const handle = await open(file, 'a', 0o600);
      try {
        await handle.appendFile(`${cutOff}${documents.map((document) => `${document}\n`).join('')}`);
        await handle.datasync();
      } finally {
        await handle.close();
      }
    },
  };
}

/** The file's last part as text; empty when there is no file. */
async function readTail(file: string): Promise<string> {
  let handle: Awaited<ReturnType<typeof open>>;
  try {
    handle = await open(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, tailBytes);
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8');
  } finally {
    await handle.close();
  }
}

function isDocument(line: string): boolean {
  return line.startsWith('{') && line.endsWith('}');
}
