import { randomBytes } from 'node:crypto';
import type { Config } from '../config/index.ts';
import {
  type AuditExporter,
  type AuditLog,
  createAuditExporter,
  createAuditLog,
  createCheckpointer,
  createRefusedCallers,
  type Policy,
  type RefusedCaller,
} from '../governance/index.ts';
import type { Signer } from '../shared/signing.ts';
import { openAnchorFile, type Stores } from '../stores/index.ts';

/** The audit of this node: what is written, and what proves it. */
export interface AuditTrail {
  readonly log: AuditLog;
  readonly exporter: AuditExporter;
  /** Records a call whose signature did not hold; never waits and never throws. */
  refused(caller: RefusedCaller): void;
  /** Writes what is still counted and the last checkpoint. */
  close(): Promise<void>;
}

/**
 * Opens the audit of a node under the name that it was given at its first start, and begins to sign checkpoints beside
 * the calls.
 */
export async function openAuditTrail(parts: {
  readonly settings: Config['audit'];
  readonly stores: Pick<Stores, 'audit' | 'auditCheckpoints'>;
  readonly signer: Signer;
  readonly policy: Pick<Policy, 'digest'>;
  readonly clock: () => number;
  readonly ids: () => string;
  readonly notice: (notice: string) => void;
}): Promise<AuditTrail> {
  const { settings, stores, signer, clock, notice } = parts;
  const node = await stores.auditCheckpoints.nameNode(`node-${randomBytes(5).toString('hex')}`);
  const checkpointer = createCheckpointer({
    audit: stores.audit,
    checkpoints: stores.auditCheckpoints,
    ...(settings.anchorFile !== undefined && { anchor: openAnchorFile(settings.anchorFile) }),
    signer,
    node,
    policyDigest: parts.policy.digest,
    clock,
    everyRecords: settings.checkpointRecords,
    everyMs: settings.checkpointMinutes * 60_000,
    onNotice: notice,
  });
  // What an earlier run left unsigned is signed now; nobody has to wait for it.
  void checkpointer.write();
  const log = createAuditLog({ store: stores.audit, clock, node, onAppended: () => checkpointer.appended() });
  const refusedCallers = createRefusedCallers({
    audit: log,
    policyDigest: parts.policy.digest,
    ids: parts.ids,
    onNotice: notice,
  });
  return {
    log,
    exporter: createAuditExporter({ audit: stores.audit, checkpoints: stores.auditCheckpoints, signer, clock }),
    refused: (caller) => refusedCallers.refused(caller),
    async close() {
      await refusedCallers.close();
      await checkpointer.close();
    },
  };
}
