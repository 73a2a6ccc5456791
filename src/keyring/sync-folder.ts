import { closeSync, fsyncSync, openSync } from 'node:fs';

/** Makes renames in a folder last through a power cut. */
export function syncFolder(folder: string): void {
  const opened = openSync(folder, 'r');
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}
