import { existsSync, readFileSync } from 'node:fs';
import type { Config } from '../config/index.ts';
import {
  type AuditExporter,
  type AuditReader,
  type CheckpointVerdict,
  createAuditExporter,
  createAuditReader,
  declaredPurpose,
  loadPolicy,
  purposeNames,
  verifyCheckpoints,
} from '../governance/index.ts';
import { openAuditReader, openKeys } from '../stores/index.ts';
import type { KeyRecord } from '../stores/ports/index.ts';
import { profiles } from '../vision/index.ts';
import { type ModelStore, openModelStore } from '../vision/models/index.ts';
import { makeKey, type NewKey } from './access-keys.ts';
import { openKeyringOf, publicKeyFile } from './open-keyring.ts';

/** What an operator may do with keys, beside a running server. */
export interface KeyBook {
  /** Makes and stores a key. @throws {RangeError} when a purpose is unknown or refused */
  create(wanted: NewKey): Promise<KeyRecord>;
  list(): Promise<readonly KeyRecord[]>;
  /** False when there is none that serves. */
  revoke(accessKeyId: string): Promise<boolean>;
  close(): void;
}

/** Opens the access keys of a data folder; a server that runs sees every change at its next request. */
export function openKeyBook(config: Pick<Config, 'dataDir' | 'trustDir' | 'masterKey'>): KeyBook {
  const policy = loadPolicy();
  const keys = openKeys({ dataDir: config.dataDir, keys: openKeyringOf(config) });
  return {
    create: async (wanted) => {
      for (const purpose of wanted.purposes) {
        const declared = declaredPurpose(policy, purpose);
        if (declared.kind === 'refused')
          throw new RangeError(`${declared.refused.rule} Read ${declared.refused.readAt}.`);
        if (declared.kind === 'unknown') {
          throw new RangeError(`there is no purpose '${purpose}'; the purposes are ${purposeNames.join(', ')}`);
        }
      }
      const key = makeKey(wanted, Date.now());
      await keys.put(key);
      return key;
    },
    list: () => keys.list(),
    revoke: (accessKeyId) => keys.revoke(accessKeyId, Date.now()),
    close: () => keys.close(),
  };
}

/** The audit log of a data folder, for who may read the folder. */
export interface AuditBook extends AuditReader {
  /**
   * Holds the log against its signed checkpoints, and against those of the anchor file where one is configured;
   * undefined where there is no public key to check them with, which is so before the first start.
   */
  verifyCheckpoints(): Promise<{ readonly own: CheckpointVerdict; readonly anchor?: CheckpointVerdict } | undefined>;
  /** Exports the log under this server's signature. @throws {KeyringError} when the keyring cannot be opened */
  exporter(): AuditExporter;
  close(): void;
}

/** Opens the audit log of a data folder to read, beside a running server. */
export function openAudit(config: Pick<Config, 'dataDir' | 'trustDir' | 'masterKey' | 'audit'>): AuditBook {
  const store = openAuditReader({ dataDir: config.dataDir });
  const { checkpoints } = store;
  const verifyAll = async (documents: Iterable<string>, publicKey: string): Promise<CheckpointVerdict> =>
    verifyCheckpoints({ documents, audit: store, node: await checkpoints.node(), publicKeys: [publicKey] });
  return {
    ...createAuditReader(store),
    async verifyCheckpoints() {
      const keyFile = publicKeyFile(config);
      if (!existsSync(keyFile)) return undefined;
      const publicKey = readFileSync(keyFile, 'utf8');
      const kept = await checkpoints.read({ afterSequence: 0, limit: Number.MAX_SAFE_INTEGER });
      const own = await verifyAll(
        kept.map(({ document }) => document),
        publicKey,
      );
      const { anchorFile } = config.audit;
      if (anchorFile === undefined || !existsSync(anchorFile)) return { own };
      // A line that a crash cut off has no end and says nothing.
      const lines = readFileSync(anchorFile, 'utf8')
        .split('\n')
        .filter((line) => line.endsWith('}'));
      return { own, anchor: await verifyAll(lines, publicKey) };
    },
    exporter: () =>
      createAuditExporter({ audit: store, checkpoints, signer: openKeyringOf(config).signer, clock: Date.now }),
    close: () => store.close(),
  };
}

/** Opens the models of a configuration. */
export function openModels(config: Pick<Config, 'modelsDir' | 'deployment'>): ModelStore {
  return openModelStore({ modelsDir: config.modelsDir, deployment: config.deployment });
}

/** The face model versions that this release knows. */
export function versionsOfFaceModels(): readonly string[] {
  return Object.values(profiles).map(({ modelVersion }) => modelVersion);
}
