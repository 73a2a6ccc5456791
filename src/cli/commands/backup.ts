import { copyFileSync, existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { compose, restoreInto } from '../../compose.ts';
import { configOf, connect, type GlobalOptions } from '../connect.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { printResult, renderTable, type Terminal } from '../output.ts';
import { createProgress } from '../progress.ts';

const lookMs = 200;

/** Has the server make a backup, waits for it, and copies it where that is wanted. @returns the exit code */
export async function runBackup(
  file: string | undefined,
  flags: GlobalOptions & { readonly list?: boolean },
  terminal: Terminal,
): Promise<number> {
  if (flags.list === true) return listBackups(flags, terminal);
  if (file !== undefined && existsSync(file)) throw new UsageError(`${file} is there already; name another file`);
  const connection = await connect(flags, terminal, { vision: false });
  const progress = createProgress(terminal, 'percent');
  try {
    const { backup: begun } = await connection.own('CreateBackup', {});
    progress.start('Backing up', 100);
    for (;;) {
      const { backups } = await connection.own('ListBackups', {});
      const backup = backups.find(({ backupId }) => backupId === begun.backupId);
      if (backup?.state === 'running') {
        progress.update(Math.floor((backup.progress ?? 0) * 100));
        await new Promise((wake) => setTimeout(wake, lookMs));
        continue;
      }
      progress.update(100);
      progress.stop();
      if (backup?.state !== 'ready') throw new Error(`the backup failed: ${backup?.why ?? 'the server forgot it'}`);
      if (file !== undefined) {
        if (!existsSync(backup.file)) {
          throw new Error(`the backup is whole, on the server's machine: ${backup.file}; copy it from there`);
        }
        copyFileSync(backup.file, file);
      }
      printResult(
        terminal,
        flags.json === true,
        { ...backup, ...(file !== undefined && { copy: resolve(file) }) },
        () =>
          [
            `backed up ${backup.faces ?? 0} faces to ${backup.file} (${((backup.bytes ?? 0) / 1e6).toFixed(1)} MB, read back and checked)`,
            ...(file === undefined ? [] : [`copied to ${file}; the server does not delete that copy when it expires`]),
            `it expires at ${backup.expiresAt}; it opens with the master key, which is not in it, and neither are access keys`,
          ].join('\n'),
      );
      return exitCodes.ok;
    }
  } finally {
    progress.stop();
    await connection.close();
  }
}

async function listBackups(flags: GlobalOptions, terminal: Terminal): Promise<number> {
  const connection = await connect(flags, terminal, { vision: false });
  try {
    const { backups } = await connection.own('ListBackups', {});
    printResult(terminal, flags.json === true, backups, () =>
      renderTable(
        backups,
        [
          { title: 'backup', value: (backup) => backup.backupId },
          { title: 'state', value: (backup) => backup.state },
          { title: 'faces', value: (backup) => backup.faces, align: 'right' },
          { title: 'MB', value: (backup) => backup.bytes && (backup.bytes / 1e6).toFixed(1), align: 'right' },
          { title: 'expires', value: (backup) => backup.expiresAt },
          { title: 'file', value: (backup) => backup.file },
        ],
        'no backup',
      ),
    );
    return exitCodes.ok;
  } finally {
    await connection.close();
  }
}

/** Restores a backup over the data folder of a server that is stopped, and erases again what was erased since. */
export async function runRestore(file: string, flags: GlobalOptions, terminal: Terminal): Promise<void> {
  const config = configOf(flags);
  const progress = createProgress(terminal, 'bytes');
  let started = false;
  let restored: Awaited<ReturnType<typeof restoreInto>>;
  try {
    restored = await restoreInto(config, file, {
      onProgress: (done, total) => {
        if (!started) progress.start('Decrypting and checking', total);
        started = true;
        progress.update(done);
      },
    });
  } finally {
    progress.stop();
  }
  terminal.note('Replaying the tombstones ...');
  const notices: string[] = [];
  const house = await compose(config, { vision: false, onNotice: (notice) => notices.push(notice) });
  await house.close();
  const { header, aside, audit, governance } = restored;
  const told = {
    backupId: header.backupId,
    createdAt: header.createdAt,
    audit,
    governance,
    ...(aside && { aside }),
    notices,
  };
  printResult(terminal, flags.json === true, told, () =>
    [
      `restored ${config.dataDir} to ${header.createdAt}: ${header.facts.faces} faces in ${header.facts.collections} collections, as they were then`,
      audit === 'kept'
        ? 'the audit log that stood here goes on where the backup ends, and was kept'
        : 'the audit log is the backup’s',
      ...(aside
        ? [`what stood here before lies in ${aside}; delete it when you need it no more: it is not encrypted anew`]
        : []),
      governance === 'kept'
        ? 'persons, roles, receipts, holds and cases stay as they stood here; so do access keys'
        : 'persons, roles, receipts, holds and cases are those of the backup: look through them; access keys stay as they are',
      ...notices,
    ].join('\n'),
  );
}
