import {
  createForwardClock,
  createProbeWatch,
  createSearchBudgets,
  type Grant,
  lastAuditedMs,
  type Policy,
  type PurposeName,
  purposeNames,
  recallSearches,
  type SearchBudgets,
  type WatchParts,
} from '../governance/index.ts';
import type { AuditStore } from '../stores/ports/index.ts';
import type { FaceModels } from '../vision/index.ts';

/** What bounds searching: how often, for whom. */
export interface Budgets {
  readonly searches: SearchBudgets;
  /** How the probes of a grant are watched. @param modelVersion that their templates are of */
  watchOf(grant: Pick<Grant, 'purpose'>, modelVersion: string): WatchParts;
  /** Overwrites the probes that are held. */
  close(): void;
}

const forgetEveryMs = 60_000;

/** Opens the budgets where the last process left them: the audit log says what was searched within the hour. */
export async function openBudgets(parts: {
  readonly audit: AuditStore;
  readonly policy: Policy;
  readonly faceModels: FaceModels;
  readonly clock: () => number;
  readonly notice: (notice: string) => void;
}): Promise<Budgets> {
  const { audit, policy, faceModels, notice } = parts;
  const clock = createForwardClock(parts.clock, await lastAuditedMs(audit));
  const searches = createSearchBudgets({ clock });
  await recallSearches(audit, searches, clock());
  const watch = createProbeWatch({ clock });
  const forgetting = setInterval(() => watch.forget(), forgetEveryMs);
  forgetting.unref();
  return {
    searches,
    watchOf(grant, modelVersion) {
      const calibration = faceModels.calibration(modelVersion);
      return {
        watch,
        budget: policy.purposes[requirePurpose(grant.purpose)].budget,
        modelVersion,
        similarityOf: (one, other) => calibration.similarityOf(dotProduct(one, other)),
        notice,
      };
    },
    close() {
      clearInterval(forgetting);
      watch.close();
    },
  };
}

function requirePurpose(name: string): PurposeName {
  const purpose = purposeNames.find((one) => one === name);
  if (purpose === undefined) throw new Error(`${name} is no purpose`);
  return purpose;
}

function dotProduct(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < one.length; i += 1) sum += (one[i] as number) * (other[i] as number);
  return sum;
}
