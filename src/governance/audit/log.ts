import type { AuditEntry, AuditStore } from '../../stores/ports/index.ts';
import { type ChainHead, type ChainVerdict, sealEntry, verifyChain } from './chain.ts';
import { type AuditRecord, type AuditRecordDraft, auditBody, renderAuditRecord } from './record.ts';

/** Reads and verifies the log; cannot write. */
export interface AuditReader {
  /** In order of sequence, after `afterSequence` (0 for the first page). */
  read(page: { afterSequence: number; limit: number }): Promise<readonly AuditRecord[]>;
  /** As {@link AuditReader.read}, as they were sealed, for who verifies them elsewhere. */
  entries(page: { afterSequence: number; limit: number }): Promise<readonly AuditEntry[]>;
  head(): Promise<ChainHead | undefined>;
  /** Follows the whole chain. @throws {DOMException} AbortError when the signal fires */
  verify(options?: { expectedHead?: ChainHead; signal?: AbortSignal }): Promise<ChainVerdict>;
}

/** The log of one node. */
export interface AuditLog extends AuditReader {
  /** Resolves when the record is durable. Rejects with the store's error when it could not be written. */
  append(draft: AuditRecordDraft): Promise<AuditEntry>;
}

/** Records that go to disk together at most; bounds the transaction, not the queue. */
const largestBatch = 256;
/** Read and hashed in one go: the store answers at once, so without a pause a long log would hold up every call. */
const verifyPage = 200;

/**
 * Makes the audit log of a node over a store. Records that arrive while others are on their way to disk wait and go
 * together in one durable step, so that the log costs a busy server one sync for many calls.
 *
 * @param parts.clock milliseconds since 1970
 * @param parts.node whose chain this is; stands in each record
 * @param parts.onAppended told after each record; must neither wait nor throw
 */
export function createAuditLog(parts: {
  store: AuditStore;
  clock: () => number;
  node: string;
  onAppended?: (entry: AuditEntry) => void;
}): AuditLog {
  const { store, clock, node } = parts;
  type Waiting = { body: string; resolve: (entry: AuditEntry) => void; reject: (cause: unknown) => void };
  const waiting: Waiting[] = [];
  let draining = false;

  const durable = (record: Waiting, entry: AuditEntry): void => {
    record.resolve(entry);
    parts.onAppended?.(entry);
  };

  async function drain(): Promise<void> {
    draining = true;
    while (waiting.length > 0) {
      // A store that syncs within the call would take the first record alone: those of this turn are let in first.
      if (store.appendAll) await nextTurn();
      const batch = waiting.splice(0, largestBatch);
      await (store.appendAll && batch.length > 1 ? appendTogether(batch) : appendOneByOne(batch));
    }
    draining = false;
  }

  async function appendTogether(batch: readonly Waiting[]): Promise<void> {
    try {
      const entries = await store.appendAll?.((last) => sealAll(last, batch));
      batch.forEach((record, index) => {
        const entry = entries?.[index];
        if (entry) durable(record, entry);
        else record.reject(new Error('the audit store kept fewer records than it was given'));
      });
    } catch (cause) {
      for (const record of batch) record.reject(cause);
    }
  }

  async function appendOneByOne(batch: readonly Waiting[]): Promise<void> {
    for (const record of batch) {
      try {
        durable(record, await store.append((last) => sealEntry(last, record.body)));
      } catch (cause) {
        record.reject(cause);
      }
    }
  }

  return {
    append(draft) {
      return new Promise((resolve, reject) => {
        waiting.push({ body: auditBody(draft, clock(), node), resolve, reject });
        if (!draining) void drain();
      });
    },
    ...createAuditReader(store),
  };
}

/** Reads a log without the means to write it; for `likeness audit`, which runs beside the server. */
export function createAuditReader(store: Pick<AuditStore, 'last' | 'read'>): AuditReader {
  return {
    async read(page) {
      return (await store.read(page)).map(renderAuditRecord);
    },
    entries: (page) => store.read(page),
    async head() {
      const last = await store.last();
      return last && { sequence: last.sequence, hash: last.hash };
    },
    verify({ expectedHead, signal } = {}) {
      return verifyChain(auditEntries(store, signal), expectedHead ? { expectedHead } : {});
    },
  };
}

/** Every entry of a log in the order of the store, page by page. @throws {DOMException} AbortError when the signal fires */
export async function* auditEntries(store: Pick<AuditStore, 'read'>, signal?: AbortSignal): AsyncGenerator<AuditEntry> {
  for (let afterSequence = 0; ; ) {
    signal?.throwIfAborted();
    const page = await store.read({ afterSequence, limit: verifyPage });
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < verifyPage) return;
    if (last.sequence <= afterSequence) return;
    afterSequence = last.sequence;
    await nextTurn();
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function sealAll(last: AuditEntry | undefined, batch: readonly { body: string }[]): readonly AuditEntry[] {
  const entries: AuditEntry[] = [];
  for (const { body } of batch) entries.push(sealEntry(entries.at(-1) ?? last, body));
  return entries;
}
