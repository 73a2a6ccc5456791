import type { Config } from '../config/index.ts';
import { type AuditReader, createAuditReader, declaredPurpose, loadPolicy, purposeNames } from '../governance/index.ts';
import { openAuditReader, openKeys } from '../stores/index.ts';
import type { KeyRecord } from '../stores/ports/index.ts';
import { profiles } from '../vision/index.ts';
import { type ModelStore, openModelStore } from '../vision/models/index.ts';
import { makeKey, type NewKey } from './access-keys.ts';

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
export function openKeyBook(config: Pick<Config, 'dataDir'>): KeyBook {
  const policy = loadPolicy();
  const keys = openKeys({ dataDir: config.dataDir });
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

/** Opens the audit log of a data folder to read, beside a running server. */
export function openAudit(config: Pick<Config, 'dataDir'>): AuditReader & { close(): void } {
  const store = openAuditReader({ dataDir: config.dataDir });
  return { ...createAuditReader(store), close: () => store.close() };
}

/** Opens the models of a configuration. */
export function openModels(config: Pick<Config, 'modelsDir' | 'deployment'>): ModelStore {
  return openModelStore({ modelsDir: config.modelsDir, deployment: config.deployment });
}

/** The face model versions that this release knows. */
export function versionsOfFaceModels(): readonly string[] {
  return Object.values(profiles).map(({ modelVersion }) => modelVersion);
}
