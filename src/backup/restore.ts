import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { canonicalJson } from '../shared/canonical-json.ts';
import type { Sealer } from '../shared/sealing.ts';
import { verifyDocument } from '../shared/signing.ts';
import {
  type BackupFacts,
  type BackupHeader,
  type BackupProgress,
  extractBackup,
  readBackupHeader,
} from './backup-file.ts';
import { BackupError } from './errors.ts';

/** The keys of a folder, open. */
export interface RestoreKeys {
  readonly sealer: Sealer;
  readonly publicKeyPem: string;
}

/** A place in an audit log. */
export interface AuditPlace {
  readonly sequence: number;
  readonly hash: string;
}

/** The audit log of a folder, as far as a restore must know it. */
export interface AuditGlance {
  readonly head?: AuditPlace;
  /** Milliseconds since 1970 of the last record; absent for an empty log. */
  readonly lastAtMs?: number;
  readonly intact: boolean;
  contains(place: AuditPlace): Promise<boolean>;
}

/** What a restore stands on; compose gives it. */
export interface RestoreParts {
  readonly path: string;
  /** Absolute; made when absent. The caller holds its lock. */
  readonly dataDir: string;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** Opens a keyring file under the master key. @throws when it is another one */
  readonly openKeys: (file: string) => RestoreKeys;
  /** Reads the tombstones under these keys. @throws when they are not as they were written */
  readonly tombstones: (keyringFile: string) => Promise<{ readonly count: number; readonly latestMs: number }>;
  readonly inspect: (folder: string) => BackupFacts;
  readonly glanceAtAudit: (folder: string) => Promise<AuditGlance>;
  /** Whether what governance keeps there can be read. */
  readonly isGovernanceSound: (folder: string) => boolean;
  readonly onProgress?: BackupProgress;
}

/** What a restore did. */
export interface Restored {
  readonly header: BackupHeader;
  /** Where the databases that stood there before lie now; absent when there were none. */
  readonly aside?: string;
  /** Whose audit log stands now: the one that was there, because it goes on where the backup's ends, or the backup's. */
  readonly audit: 'kept' | 'restored';
  /**
   * Whose receipts, persons, holds and cases stand now: those that were there, as long as they can be read, so that no
   * withdrawn consent, removed person or released hold comes back; or the backup's.
   */
  readonly governance: 'kept' | 'restored';
}

interface Marker {
  readonly staging: string;
  readonly aside: string;
  /** Files to move out of the way. */
  readonly old: readonly string[];
  /** Files to move in. */
  readonly fresh: readonly string[];
}

const markerFile = 'restore-unfinished.json';
const keyringFile = 'keyring.json';
const auditFile = 'audit.db';
const governanceFile = 'governance.db';
/** Databases whose present state must not stand beside a restored one. */
const replaced = ['collections.db', 'requests.db'] as const;
const companions = ['', '-wal', '-shm'] as const;

/**
 * Restores a backup into a data folder that no server has open. Everything is decrypted, checked and on disk beside the
 * folder before the first file in it moves; access keys, credentials and the trust folder stay as they are.
 *
 * @throws {BackupError} not-a-backup, damaged, expired, in-the-way, tombstones, audit; nothing was changed then
 */
export async function restoreBackup(parts: RestoreParts): Promise<Restored> {
  const { path, dataDir } = parts;
  await finishRestore(dataDir);
  const header = await readBackupHeader(path);
  const staging = `${dataDir}.restoring-${header.backupId}`;
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { recursive: true, mode: 0o700 });
  try {
    const stagedKeyring = join(staging, keyringFile);
    await writeFile(stagedKeyring, header.keyring, { mode: 0o600, flush: true });
    const keys = parts.openKeys(stagedKeyring);
    if (!verifyDocument(keys.publicKeyPem, header)) {
      throw new BackupError(
        'damaged',
        `the header of ${path} does not bear this server's signature; restore another backup`,
      );
    }
    const presentKeyring = join(dataDir, keyringFile);
    if (existsSync(presentKeyring) && parts.openKeys(presentKeyring).publicKeyPem !== keys.publicKeyPem) {
      throw new BackupError(
        'in-the-way',
        `${dataDir} is the data folder of another server than the one that made ${path}; restore into an empty folder`,
      );
    }
    const tombstones = await parts.tombstones(stagedKeyring);
    if (tombstones.count < header.tombstones.count) {
      throw new BackupError(
        'tombstones',
        `the file of tombstones has ${tombstones.count} lines and had ${header.tombstones.count} when ${path} was made: bring back the trust folder that belongs to the server first, or those who were erased would come back`,
      );
    }
    const present = existsSync(join(dataDir, auditFile)) ? await parts.glanceAtAudit(dataDir) : undefined;
    // A clock set back makes no expired backup good again.
    const nowMs = Math.max(parts.nowMs, tombstones.latestMs, present?.lastAtMs ?? 0);
    if (nowMs >= Date.parse(header.expiresAt)) {
      throw new BackupError(
        'expired',
        `${path} expired at ${header.expiresAt} and is not restored; who was in it was promised that it ends. Read docs/accountability.md#backup.`,
      );
    }
    await extractBackup({
      path,
      folder: staging,
      sealerFor: () => keys.sealer,
      ...(parts.onProgress && { onProgress: parts.onProgress }),
    });
    if (canonicalJson(parts.inspect(staging)) !== canonicalJson(header.facts)) {
      throw new BackupError('damaged', `what ${path} gives back is not what its header tells; restore another backup`);
    }
    const audit = await chooseAudit(present, staging, header, parts);
    const isStanding = existsSync(presentKeyring);
    const governance = isStanding && parts.isGovernanceSound(dataDir) ? 'kept' : 'restored';
    const names = [
      ...replaced,
      ...(isStanding ? [] : [keyringFile]),
      ...(governance === 'kept' ? [] : [governanceFile]),
      ...(audit === 'kept' ? [] : [auditFile]),
    ];
    const aside = await swap(parts, staging, names);
    return { header, audit, governance, ...(aside !== undefined && { aside }) };
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    throw error;
  }
}

/** The log that knows more, where one goes on from the other. */
async function chooseAudit(
  present: AuditGlance | undefined,
  staging: string,
  header: BackupHeader,
  parts: RestoreParts,
): Promise<Restored['audit']> {
  if (present?.head === undefined) return 'restored';
  const backedUp = header.facts.auditHead;
  if (present.intact && (backedUp === undefined || (await present.contains(backedUp)))) return 'kept';
  if (await (await parts.glanceAtAudit(staging)).contains(present.head)) return 'restored';
  throw new BackupError(
    'audit',
    `the audit log in ${parts.dataDir} is ${present.intact ? 'not the one that the backup was made from' : 'broken'}, and restoring would lose its records. Move the folder aside, keep it as evidence, and restore into an empty one.`,
  );
}

/** Moves files in from the staging folder, and what stands in their place aside. @returns where that lies now */
async function swap(
  { dataDir, nowMs }: RestoreParts,
  staging: string,
  names: readonly string[],
): Promise<string | undefined> {
  const aside = `${dataDir}.before-restore-${new Date(nowMs).toISOString().replaceAll(/[-:.]/g, '')}`;
  const marker: Marker = {
    staging,
    aside,
    old: names.flatMap((name) =>
      companions.map((companion) => `${name}${companion}`).filter((file) => existsSync(join(dataDir, file))),
    ),
    fresh: names.filter((name) => existsSync(join(staging, name))),
  };
  await writeFile(join(dataDir, `${markerFile}.tmp`), JSON.stringify(marker), { mode: 0o600, flush: true });
  await rename(join(dataDir, `${markerFile}.tmp`), join(dataDir, markerFile));
  await finishRestore(dataDir);
  return marker.old.length > 0 ? aside : undefined;
}

/** Whether a restore was cut off between two files. */
export function isRestoreUnfinished(dataDir: string): boolean {
  return existsSync(join(dataDir, markerFile));
}

/**
 * Removes what a crash left of a restore that had not begun to move files. For a start, with the folder's lock held.
 *
 * @returns the folders in which what stood here before a restore still lies
 */
export async function clearRemains(dataDir: string): Promise<readonly string[]> {
  const parent = dirname(dataDir);
  const beside = (await readdir(parent)).filter((name) => name.startsWith(`${basename(dataDir)}.`));
  for (const name of beside) {
    if (name.startsWith(`${basename(dataDir)}.restoring-`)) await rm(join(parent, name), { recursive: true });
  }
  return beside
    .filter((name) => name.startsWith(`${basename(dataDir)}.before-restore-`))
    .map((name) => join(parent, name));
}

/**
 * Ends a restore that a crash cut off between two files; nothing to do otherwise. It runs before anything of the folder
 * is opened.
 */
export async function finishRestore(dataDir: string): Promise<void> {
  const file = join(dataDir, markerFile);
  if (!existsSync(file)) return;
  const marker = JSON.parse(await readFile(file, 'utf8')) as Marker;
  await mkdir(marker.aside, { recursive: true, mode: 0o700 });
  for (const name of marker.old) {
    // What lies aside has moved already; what stands in its place is the restored one.
    if (!existsSync(join(marker.aside, name)) && existsSync(join(dataDir, name))) {
      await rename(join(dataDir, name), join(marker.aside, name));
    }
  }
  for (const name of marker.fresh) {
    if (existsSync(join(marker.staging, name))) await rename(join(marker.staging, name), join(dataDir, name));
  }
  await rm(file);
  await rm(marker.staging, { recursive: true, force: true });
  if (marker.old.length === 0) await rm(marker.aside, { recursive: true, force: true });
}
