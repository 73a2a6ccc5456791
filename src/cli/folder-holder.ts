import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Whether another process of this machine holds a data folder: `yes`, `no`, or `unknown` where the folder was never
 * opened here, as when a container serves it. Goes by the label that the holder writes; the lock itself is not looked at.
 */
export function folderHolder(dataDir: string): 'yes' | 'no' | 'unknown' {
  const label = join(dataDir, 'lock-holder.json');
  if (!existsSync(label)) return 'unknown';
  try {
    const { pid, released } = JSON.parse(readFileSync(label, 'utf8')) as { pid?: unknown; released?: unknown };
    if (released === true || pid === process.pid) return 'no';
    return typeof pid === 'number' && isAlive(pid) ? 'yes' : 'no';
  } catch {
    return 'unknown';
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of another user cannot be signalled, but it is there.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
