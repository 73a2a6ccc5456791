import { createAuditExporter, createAuditLog, createCheckpointer, exportLines } from '../../src/governance/index.ts';
import { createSigner, makeSigningKey, type Signer } from '../../src/shared/signing.ts';
import { openMemoryStores, type Stores } from '../../src/stores/index.ts';
import type { CheckpointAnchor } from '../../src/stores/ports/index.ts';

/** A signer with a key of its own. */
export function testSigner(): Signer {
  return createSigner(makeSigningKey());
}

/** An anchor in memory. */
export function memoryAnchor(): CheckpointAnchor & { readonly lines: string[] } {
  const lines: string[] = [];
  return {
    lines,
    last: async () => lines.at(-1),
    append: async (documents) => void lines.push(...documents),
  };
}

/** A log with checkpoints over stores in memory, with a clock that goes on by a second a record. */
export async function auditBench(
  options: {
    records?: number;
    everyRecords?: number;
    signer?: Signer;
    node?: string;
    stores?: Stores;
    anchor?: CheckpointAnchor & { readonly lines?: string[] };
  } = {},
) {
  const stores = options.stores ?? (await openMemoryStores());
  const signer = options.signer ?? testSigner();
  const anchor = options.anchor ?? memoryAnchor();
  const notices: string[] = [];
  let nowMs = 1_700_000_000_000;
  const clock = () => nowMs;
  const node = await stores.auditCheckpoints.nameNode(options.node ?? 'node-a');
  let repeated: (() => void) | undefined;
  const checkpointer = createCheckpointer({
    audit: stores.audit,
    checkpoints: stores.auditCheckpoints,
    anchor,
    signer,
    node,
    policyDigest: 'p'.repeat(64),
    clock,
    everyRecords: options.everyRecords ?? 1_000,
    everyMs: 3_600_000,
    repeat: (work) => {
      repeated = work;
      return () => {
        repeated = undefined;
      };
    },
    onNotice: (notice) => notices.push(notice),
  });
  const log = createAuditLog({ store: stores.audit, clock, node, onAppended: () => checkpointer.appended() });
  let appended = 0;
  const append = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i += 1) {
      nowMs += 1_000;
      appended += 1;
      await log.append({
        kind: appended % 2 === 1 ? 'decision' : 'outcome',
        requestId: `request-${appended}`,
        decisionId: `decision-${(appended + 1) >> 1}`,
        actor: { person: 'opérateur \u2028 "x"', accessKeyId: 'AKTEST' },
        operation: 'SearchFacesByImage',
        collection: 'c',
        policyDigest: 'p'.repeat(64),
      });
    }
  };
  await append(options.records ?? 0);
  const exporter = createAuditExporter({ audit: stores.audit, checkpoints: stores.auditCheckpoints, signer, clock });
  return {
    stores,
    signer,
    anchor,
    notices,
    checkpointer,
    log,
    exporter,
    append,
    /** What the timer would do. */
    tick: () => repeated?.(),
    isRepeating: () => repeated !== undefined,
    checkpoints: () => stores.auditCheckpoints.read({ afterSequence: 0, limit: 10_000 }),
    async exported(): Promise<string[]> {
      const lines: string[] = [];
      for await (const line of exportLines(exporter)) lines.push(line);
      return lines;
    },
  };
}
