import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../shared/canonical-json.ts';
import type { Sealer } from '../shared/sealing.ts';
import type { Signer } from '../shared/signing.ts';
import type { DocumentStore } from '../stores/ports/index.ts';
import { type BackupFacts, type BackupHeader, extractBackup, writeBackupFile } from './backup-file.ts';
import { BackupError } from './errors.ts';

/** A backup that the server knows of. */
export interface KnownBackup {
  readonly backupId: string;
  /** Absolute path on the server. */
  readonly file: string;
  /** `removed`: it had expired, and its file is gone. */
  readonly state: 'running' | 'ready' | 'failed' | 'removed';
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** ISO 8601, UTC. */
  readonly expiresAt: string;
  readonly createdBy: string;
  /** Bytes of the file. */
  readonly bytes?: number;
  /** Hex, of the file. */
  readonly sha256?: string;
  readonly faces?: number;
  /** Of a running one, 0..1. */
  readonly progress?: number;
  /** Of a failed one. */
  readonly why?: string;
}

/** Makes backups while the server runs, and ends them when they expire. */
export interface BackupDesk {
  /** Begins a backup; {@link BackupDesk.list} tells how far it is. @throws {BackupError} in-the-way while one runs */
  begin(createdBy: string): Promise<KnownBackup>;
  list(): Promise<readonly KnownBackup[]>;
  /** Those whose file still holds what was in the data folder then. */
  unexpired(nowMs: number): Promise<readonly KnownBackup[]>;
  /** Deletes the files of those that have expired. @returns how many */
  removeExpired(nowMs: number): Promise<number>;
  /** Removes what a crash left of unfinished ones: copies that no erasure would reach. For the start. */
  clean(): Promise<void>;
  /** Resolves when no backup runs. */
  idle(): Promise<void>;
}

/** What backups are made with. */
export interface BackupDeskParts {
  /** Absolute; made when absent. */
  readonly folder: string;
  /** Where copies in the clear may lie for a moment: as protected as the data folder. */
  readonly workFolder: string;
  readonly keepDays: number;
  readonly documents: DocumentStore;
  /** Copies the databases of one moment into a folder. */
  readonly snapshot: (folder: string) => Promise<unknown>;
  readonly inspect: (folder: string) => BackupFacts;
  readonly keyring: {
    readonly file: string;
    readonly masterKeyId: () => string;
    readonly sealer: Sealer;
    readonly signer: Signer;
  };
  readonly tombstoneHead: () => { readonly count: number; readonly mac: string };
  readonly software: string;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly ids: () => string;
  readonly notice: (notice: string) => void;
}

/** Databases that a backup holds; access keys and answers kept for repeats are not among them. */
export const backedUpFiles = ['collections.db', 'governance.db', 'audit.db'] as const;

const dayMs = 86_400_000;
const pageSize = 500;

/** Makes the desk; what an earlier run left unfinished is marked as failed at the first listing. */
export function createBackupDesk(parts: BackupDeskParts): BackupDesk {
  const { documents, clock } = parts;
  let running: { readonly backup: KnownBackup; progress: number; readonly ended: Promise<void> } | undefined;

  const keep = (backup: KnownBackup): Promise<void> =>
    documents.change((change) => {
      change.put('backup', backup.backupId, backup, { dueAtMs: Date.parse(backup.expiresAt) });
    });
  const list = async (): Promise<readonly KnownBackup[]> => {
    const found: KnownBackup[] = [];
    for (let afterId: string | undefined = ''; afterId !== undefined; ) {
      const from: string = afterId;
      const page = await documents.read((view) => view.list('backup', { afterId: from, limit: pageSize }));
      found.push(...page.map(({ body }) => body as KnownBackup));
      afterId = page.length < pageSize ? undefined : page.at(-1)?.id;
    }
    return found.map((backup) => {
      if (backup.state !== 'running') return backup;
      return running?.backup.backupId === backup.backupId
        ? { ...backup, progress: running.progress }
        : { ...backup, state: 'failed', why: 'the server ended while it was made' };
    });
  };

  async function make(backup: KnownBackup, tell: (progress: number) => void): Promise<KnownBackup> {
    await mkdir(parts.folder, { recursive: true, mode: 0o700 });
    await mkdir(parts.workFolder, { recursive: true, mode: 0o700 });
    const work = await mkdtemp(join(parts.workFolder, 'backup-'));
    try {
      const copies = join(work, 'copies');
      await parts.snapshot(copies);
      const facts = parts.inspect(copies);
      // Reading is a third each of: digests, writing, and checking what was written.
      const header = await writeBackupFile({
        path: backup.file,
        files: backedUpFiles.map((name) => join(copies, name)),
        about: {
          backupId: backup.backupId,
          createdAt: backup.createdAt,
          expiresAt: backup.expiresAt,
          software: parts.software,
          masterKeyId: parts.keyring.masterKeyId(),
          keyring: await readFile(parts.keyring.file, 'utf8'),
          facts,
          tombstones: parts.tombstoneHead(),
        },
        sealer: parts.keyring.sealer,
        signer: parts.keyring.signer,
        onProgress: (done, total) => tell(done / (2 * Math.max(1, total))),
      });
      await rm(copies, { recursive: true });
      await verify(backup.file, header, join(work, 'check'), tell);
      return { ...backup, state: 'ready', ...(await digestOfFile(backup.file)), faces: facts.faces };
    } catch (error) {
      // A backup that does not open is worse than none.
      await rm(backup.file, { force: true });
      throw error;
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }

  /** Reads the file as a restore would, and holds what comes out against what went in. */
  async function verify(
    file: string,
    header: BackupHeader,
    folder: string,
    tell: (progress: number) => void,
  ): Promise<void> {
    await mkdir(folder, { mode: 0o700 });
    await extractBackup({
      path: file,
      folder,
      sealerFor: () => parts.keyring.sealer,
      onProgress: (done, total) => tell(0.5 + done / (2 * Math.max(1, total))),
    });
    if (canonicalJson(parts.inspect(folder)) !== canonicalJson(header.facts)) {
      throw new BackupError('damaged', `what ${file} gives back is not what was backed up; make another backup`);
    }
  }

  return {
    list,
    async begin(createdBy) {
      if (running !== undefined) {
        throw new BackupError('in-the-way', `the backup ${running.backup.backupId} is being made; wait for it`);
      }
      const nowMs = clock();
      const createdAt = new Date(nowMs).toISOString();
      const backupId = `${createdAt.replaceAll(/[-:.]/g, '')}-${parts.ids().slice(0, 8)}`;
      const backup: KnownBackup = {
        backupId,
        file: join(parts.folder, `likeness-${backupId}.backup`),
        state: 'running',
        createdAt,
        expiresAt: new Date(nowMs + parts.keepDays * dayMs).toISOString(),
        createdBy,
      };
      let end = (): void => {};
      const ended = new Promise<void>((resolve) => {
        end = resolve;
      });
      const run = { backup, progress: 0, ended };
      running = run;
      try {
        await keep(backup);
      } catch (error) {
        running = undefined;
        end();
        throw error;
      }
      void make(backup, (progress) => {
        run.progress = progress;
      })
        .catch((error: unknown): KnownBackup => {
          const why = error instanceof Error ? error.message : String(error);
          parts.notice(`the backup ${backup.file} failed: ${why}`);
          return { ...backup, state: 'failed', why };
        })
        .then(keep)
        .catch((error: unknown) => parts.notice(`the backup ${backup.file} could not be noted: ${String(error)}`))
        .finally(() => {
          running = undefined;
          end();
        });
      return { ...backup, progress: 0 };
    },
    async unexpired(nowMs) {
      return (await list()).filter(({ state, expiresAt }) => state === 'ready' && Date.parse(expiresAt) > nowMs);
    },
    async removeExpired(nowMs) {
      const due = (await list()).filter(({ state, expiresAt }) => state === 'ready' && Date.parse(expiresAt) <= nowMs);
      for (const backup of due) {
        await rm(backup.file, { force: true });
        await keep({ ...backup, state: 'removed' });
      }
      return due.length;
    },
    async clean() {
      await rm(parts.workFolder, { recursive: true, force: true });
      for (const { state, file } of await list()) {
        if (state === 'failed') {
          await rm(`${file}.unfinished`, { force: true });
          await rm(file, { force: true });
        }
      }
    },
    async idle() {
      await running?.ended;
    },
  };
}

async function digestOfFile(file: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(file)) {
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
  }
  return { bytes, sha256: hash.digest('hex') };
}
