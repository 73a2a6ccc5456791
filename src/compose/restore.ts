import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type AuditGlance,
  type BackupProgress,
  finishRestore,
  isRestoreUnfinished,
  type Restored,
  restoreBackup,
} from '../backup/index.ts';
import type { Config } from '../config/index.ts';
import { createAuditReader, openTombstones } from '../governance/index.ts';
import { type Keyring, openKeyring, parseMasterKey, readMasterKeyFor } from '../keyring/index.ts';
import { inspectSnapshot, isGovernanceSound, lockDataFolder, openAuditReader, openLineFile } from '../stores/index.ts';
import { tombstonesFileOf } from './retention.ts';

/**
 * Restores a backup into the data folder of a configuration, whose server must be stopped. What was erased since the
 * backup is erased again at the next start, before anything is served.
 *
 * @throws {BackupError} saying what is wrong with the backup, or what stands in its way; nothing was changed then
 * @throws {StoreError} locked, while a server has the folder open
 * @throws {KeyringError} when the backup was made under another master key
 */
export async function restoreInto(
  config: Pick<Config, 'dataDir' | 'trustDir' | 'masterKey'>,
  path: string,
  options: { readonly onProgress?: BackupProgress } = {},
): Promise<Restored> {
  const { dataDir } = config;
  const nowMs = Date.now();
  const openKeys = (file: string): Keyring => {
    const { source, previous } = config.masterKey;
    return openKeyring({
      file,
      masterKeys: [
        readMasterKeyFor(source, file, { mayMake: previous !== undefined }),
        ...(previous ? [parseMasterKey(previous(), 'LIKENESS_MASTER_KEY_PREVIOUS')] : []),
      ],
    });
  };
  const lock = lockDataFolder(dataDir, nowMs);
  try {
    return await restoreBackup({
      path,
      dataDir,
      nowMs,
      openKeys: (file) => {
        const keyring = openKeys(file);
        return { sealer: keyring.sealer('backups'), publicKeyPem: keyring.signer.publicKeyPem };
      },
      tombstones: async (keyringFile) => {
        const keyring = openKeys(keyringFile);
        const file = tombstonesFileOf(config);
        const { head, latestMs } = await openTombstones({
          file: openLineFile(file),
          path: file,
          mac: (text) => keyring.mac('tombstones', text),
        });
        return { count: head.count, latestMs };
      },
      inspect: inspectSnapshot,
      isGovernanceSound,
      glanceAtAudit,
      ...(options.onProgress && { onProgress: options.onProgress }),
    });
  } finally {
    lock.release();
  }
}

/** Ends a restore that was cut off, before anything of the folder is opened; not while another process does. */
export async function finishRestoreOf({ dataDir }: Pick<Config, 'dataDir'>, nowMs: number): Promise<void> {
  if (!isRestoreUnfinished(dataDir)) return;
  const lock = lockDataFolder(dataDir, nowMs);
  try {
    await finishRestore(dataDir);
  } finally {
    lock.release();
  }
}

async function glanceAtAudit(folder: string): Promise<AuditGlance> {
  if (!existsSync(join(folder, 'audit.db'))) return { intact: true, contains: async () => false };
  const within = async <T>(work: (store: ReturnType<typeof openAuditReader>) => Promise<T>): Promise<T> => {
    const store = openAuditReader({ dataDir: folder });
    try {
      return await work(store);
    } finally {
      store.close();
    }
  };
  return within(async (store) => {
    const { intact } = await createAuditReader(store).verify();
    const last = await store.last();
    return {
      intact,
      ...(last && {
        head: { sequence: last.sequence, hash: last.hash },
        lastAtMs: Date.parse((JSON.parse(last.body) as { readonly at: string }).at),
      }),
      contains: ({ sequence, hash }) =>
        within(async (again) => {
          const [entry] = await again.read({ afterSequence: sequence - 1, limit: 1 });
          return entry?.sequence === sequence && entry.hash === hash;
        }),
    };
  });
}
