import type { Signer } from '../../shared/signing.ts';
import type {
  AuditCheckpointStore,
  AuditEntry,
  AuditStore,
  CheckpointAnchor,
  KeptCheckpoint,
} from '../../stores/ports/index.ts';
import { genesisHash, hashEntry } from './chain.ts';
import { type AuditCheckpoint, agrees, checkpointDigest, openCheckpoint, sealCheckpoint } from './checkpoint.ts';

/** What writes checkpoints of a log. */
export interface CheckpointerParts {
  readonly audit: Pick<AuditStore, 'last' | 'read'>;
  readonly checkpoints: AuditCheckpointStore;
  /** Absent: checkpoints stand beside the log only. */
  readonly anchor?: CheckpointAnchor;
  readonly signer: Signer;
  readonly node: string;
  readonly policyDigest: string;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** A checkpoint follows so many records after the last, at the latest. */
  readonly everyRecords: number;
  readonly everyMs: number;
  /** Calls `work` again and again; a timer unless a test has its own. @returns what ends it */
  readonly repeat?: (work: () => void, everyMs: number) => () => void;
  /** Told what the operator must know: the log does not hold, the anchor cannot be written. */
  readonly onNotice: (notice: string) => void;
}

/** Writes a signed checkpoint now and then, beside the calls and never within one. */
export interface Checkpointer {
  /** Counts a record; a due checkpoint is begun in a later turn. */
  appended(): void;
  /** Writes a checkpoint unless there is one of the head already. Never rejects: what fails becomes a notice. */
  write(): Promise<void>;
  /** The last checkpoint of a clean end. */
  close(): Promise<void>;
}

/** What makes further checkpoints impossible: signing would vouch for a log that was tampered with. */
class BrokenLogError extends Error {}

/** Followed in one go; between pages the calls have their turn. */
const pageLength = 100;

/**
 * Makes the checkpointer of a log. Before it signs it follows the chain from the last checkpoint, and holds the log
 * against the anchor: a log that was cut, replaced or rewritten gets no further signature, and the operator a notice.
 */
export function createCheckpointer(parts: CheckpointerParts): Checkpointer {
  const { audit, checkpoints, anchor, signer, node, onNotice } = parts;
  const publicKeys = [signer.publicKeyPem];
  let sinceLast = 0;
  let broken = false;
  let closed = false;
  let trouble: string | undefined;
  let running: Promise<void> | undefined;
  const repeat = parts.repeat ?? everyTimer;

  /** @throws {BrokenLogError} */
  const opened = (kept: KeptCheckpoint, where: string): AuditCheckpoint => {
    const result = openCheckpoint(kept.document, publicKeys);
    if ('fault' in result) throw new BrokenLogError(`checkpoint ${kept.sequence} in ${where} is ${result.fault}`);
    if (result.checkpoint.node !== node || result.checkpoint.sequence !== kept.sequence) {
      throw new BrokenLogError(`checkpoint ${kept.sequence} in ${where} is of another log`);
    }
    return result.checkpoint;
  };

  const entryAt = async (sequence: number): Promise<AuditEntry | undefined> =>
    (await audit.read({ afterSequence: sequence - 1, limit: 1 }))[0];

  /** Follows the chain after a checkpoint, or from its beginning. @returns its head, undefined where it is empty */
  async function soundHead(after: AuditCheckpoint | undefined): Promise<AuditEntry | undefined> {
    if (after !== undefined && !agrees(after, await entryAt(after.sequence))) {
      throw new BrokenLogError(`record ${after.sequence} is not the one that was signed`);
    }
    let previous = { sequence: after?.sequence ?? 0, hash: after?.hash ?? genesisHash };
    let head: AuditEntry | undefined;
    for (;;) {
      const page = await audit.read({ afterSequence: previous.sequence, limit: pageLength });
      for (const entry of page) {
        const follows = entry.sequence === previous.sequence + 1 && entry.previousHash === previous.hash;
        if (!follows || hashEntry(entry) !== entry.hash) {
          throw new BrokenLogError(`record ${previous.sequence + 1} was changed, dropped or replaced`);
        }
        previous = entry;
        head = entry;
      }
      if (page.length < pageLength) return head;
      await nextTurn();
    }
  }

  /** Brings the anchor up to what is kept, after a look whether it knows of records that the log has lost. */
  async function anchorKept(): Promise<void> {
    if (anchor === undefined) return;
    const text = await anchor.last();
    let anchored = 0;
    if (text !== undefined) {
      const read = openCheckpoint(text, publicKeys);
      if ('fault' in read) throw new BrokenLogError(`the anchor's last checkpoint is ${read.fault}`);
      const last = read.checkpoint;
      if (last.node !== node) {
        throw new BrokenLogError(
          `the anchor is that of the log of node ${last.node}, and this one is of node ${node}; a log that is begun anew needs an anchor file of its own`,
        );
      }
      if (!agrees(last, await entryAt(last.sequence))) {
        throw new BrokenLogError(`the anchor knows record ${last.sequence}, and the log does not have it`);
      }
      anchored = last.sequence;
    }
    for (;;) {
      const page = await checkpoints.read({ afterSequence: anchored, limit: pageLength });
      const last = page.at(-1);
      if (last === undefined) return;
      await anchor.append(page.map(({ document }) => document));
      anchored = last.sequence;
    }
  }

  async function attempt(): Promise<void> {
    await anchorKept();
    const kept = await checkpoints.last();
    const after = kept && opened(kept, 'the log');
    const head = await soundHead(after);
    if (head === undefined) return;
    const { sequence, hash } = head;
    const checkpoint: AuditCheckpoint = {
      kind: 'checkpoint',
      node,
      sequence,
      hash,
      at: new Date(parts.clock()).toISOString(),
      policyDigest: parts.policyDigest,
      ...(kept && { previousCheckpoint: checkpointDigest(kept.document) }),
    };
    await checkpoints.append({ sequence, document: sealCheckpoint(signer, checkpoint) });
    await anchorKept();
  }

  const write = (): Promise<void> => {
    if (broken) return Promise.resolve();
    sinceLast = 0;
    running ??= attempt()
      .then(() => {
        trouble = undefined;
      })
      .catch((error: unknown) => {
        if (error instanceof BrokenLogError) {
          broken = true;
          onNotice(
            `The audit log does not hold: ${error.message}. It is recorded on, but nothing more of it is signed. Keep audit.db and the anchor file as they are for whoever looks into it, verify them with \`likeness audit verify\`, and restore the log or begin a new one.`,
          );
          return;
        }
        const why = error instanceof Error ? error.message : String(error);
        // Once for each trouble, not at every attempt.
        if (why !== trouble)
          onNotice(`The audit log's checkpoint could not be written and is tried again later: ${why}`);
        trouble = why;
      })
      .finally(() => {
        running = undefined;
      });
    return running;
  };
  const stopRepeating = repeat(() => void write(), parts.everyMs);

  return {
    appended() {
      sinceLast += 1;
      if (sinceLast < parts.everyRecords || broken || closed || running !== undefined) return;
      // The calls whose records these are go first.
      setImmediate(() => {
        if (!closed) void write();
      });
    },
    write,
    async close() {
      closed = true;
      stopRepeating();
      await running;
      await write();
    },
  };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function everyTimer(work: () => void, everyMs: number): () => void {
  const timer = setInterval(work, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
