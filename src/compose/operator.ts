import { existsSync, readFileSync } from 'node:fs';
import type { Config } from '../config/index.ts';
import {
  type AuditExporter,
  type AuditReader,
  type CheckpointVerdict,
  createAuditExporter,
  createAuditReader,
  verifyCheckpoints,
} from '../governance/index.ts';
import { openAuditReader } from '../stores/index.ts';
import {
  calibrationText,
  describeCalibration,
  PackMissingError,
  profiles,
  sfaceProfile,
  UncalibratedFaceModelError,
} from '../vision/index.ts';
import { type ModelStore, openModelStore } from '../vision/models/index.ts';
import {
  openPackInstaller,
  openPackStore,
  type PackInstaller,
  type PackInstallerParts,
  type PackStore,
} from '../vision/packs/index.ts';
import { readPackCalibration } from '../vision/recipe/pack-calibration.ts';
import { openKeyringOf, publicKeyFile } from './open-keyring.ts';

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
      if (anchorFile === undefined) return { own };
      if (!existsSync(anchorFile)) {
        const detail = `The anchor file ${anchorFile} is not there.`;
        return { own, ...(kept.length > 0 && { anchor: { intact: false, checkpoints: 0, sequence: 0, detail } }) };
      }
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

/** Opens the models of a configuration, to fetch and check them: none is loaded here. */
export function openModels(config: Pick<Config, 'modelsDir' | 'deployment'>): Omit<ModelStore, 'load'> {
  return openModelStore({ modelsDir: config.modelsDir, deployment: config.deployment });
}

/** The optional packs of a configuration, to install and check: none is loaded here. */
export interface Packs
  extends Omit<PackInstaller, 'manifest' | 'recordProduct'>,
    Pick<PackStore, 'list' | 'manifest'> {}

/** Opens the optional packs of a configuration. */
export function openPacks(
  config: Pick<Config, 'modelsDir' | 'deployment'>,
  proxies: NonNullable<PackInstallerParts['proxies']> = {},
): Packs {
  const { modelsDir, deployment } = config;
  const { manifest, list } = openPackStore({ modelsDir, deployment });
  const { install, remove } = openPackInstaller({ modelsDir, deployment, proxies });
  return { manifest, list, install, remove };
}

/** A face model version, and what its similarities mean or what is missing for them to mean something. */
export interface FaceModelDescription {
  readonly version: string;
  readonly text: string;
  /** Why it cannot be used here. */
  readonly problem?: Error;
}

/** The face models that this release knows, and what was measured of each. */
export async function describeFaceModels(
  config: Pick<Config, 'modelsDir' | 'deployment'>,
): Promise<readonly FaceModelDescription[]> {
  const shipped = Object.values(profiles).map(({ modelVersion }) => ({
    version: modelVersion,
    text: describeCalibration(modelVersion),
  }));
  const { modelVersion: version, pack } = sfaceProfile;
  const found = await readPackCalibration(openPackStore(config));
  if (typeof found === 'object') return [...shipped, { version, text: calibrationText(found) }];
  const problem = found === 'uncalibrated' ? new UncalibratedFaceModelError(version) : new PackMissingError(pack);
  return [...shipped, { version, text: `Face model ${version}: ${problem.message}`, problem }];
}
