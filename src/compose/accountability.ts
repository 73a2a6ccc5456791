import type { Config } from '../config/index.ts';
import {
  createAuditReader,
  type DualControl,
  dualControlOf,
  keyDeskOf,
  type People,
  type Policy,
  peopleDeskOf,
  registerKeyActions,
  registerPeopleActions,
} from '../governance/index.ts';
import type { Keyring } from '../keyring/index.ts';
import { packageVersion } from '../shared/package-root.ts';
import type { Stores } from '../stores/index.ts';
import type { FaceModels } from '../vision/index.ts';
import { makeKey } from './access-keys.ts';
import type { CapabilityBuilders } from './capabilities.ts';
import { createReportSigner } from './report-signer.ts';
import { createTransparencyReporter } from './transparency.ts';

/** What the rooms of accountability stand on. */
export interface AccountabilityParts {
  readonly config: Config;
  readonly policy: Policy;
  readonly stores: Stores;
  readonly keyring: Keyring;
  readonly faceModels: FaceModels;
  readonly people: People;
  /** Rooms register here how their actions of two persons run. */
  readonly dualControl: DualControl;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** A fresh id. */
  readonly ids: () => string;
  /** Told what an operator should know. */
  readonly notice: (notice: string) => void;
}

/** The capabilities that the rooms of accountability give to their operations. */
export type AccountabilityCapability = 'dualControl' | 'keyDesk' | 'peopleDesk' | 'reportSigner' | 'transparency';

/** The rooms of accountability, wired: what the gate asks, what operations are given, what runs by itself. */
export interface Accountability {
  readonly capabilities: Pick<CapabilityBuilders, AccountabilityCapability>;
  /** Starts what runs by itself: sweeps, checkpoints. @returns stops it */
  start(): () => Promise<void>;
}

/** Wires the rooms of accountability; each room has one line for each place where it is asked. */
export function openAccountability(parts: AccountabilityParts): Accountability {
  const { clock, dualControl, faceModels, keyring, people, policy } = parts;
  const keyParts = { keys: parts.stores.keys, people, policy, makeKey, clock };
  registerPeopleActions(dualControl, keyParts);
  registerKeyActions(dualControl, keyParts);
  const reportSigner = createReportSigner({
    signer: keyring.signer,
    policy,
    software: `likeness ${packageVersion()}`,
    faceModelVersion: faceModels.current,
    clock,
  });
  const transparency = createTransparencyReporter({
    audit: createAuditReader(parts.stores.audit),
    policy,
    signer: keyring.signer,
    clock,
  });
  return {
    capabilities: {
      dualControl: (grant) => dualControlOf(dualControl, grant.person),
      keyDesk: (grant) => keyDeskOf(keyParts, dualControlOf(dualControl, grant.person), grant),
      peopleDesk: (grant) => peopleDeskOf(people, dualControlOf(dualControl, grant.person), grant),
      reportSigner: () => reportSigner,
      transparency: () => transparency,
    },
    start: () => async () => {},
  };
}
