import { canonicalJson } from '../../shared/canonical-json.ts';
import { type Signed, type Signer, signDocument } from '../../shared/signing.ts';
import type { AuditCheckpointStore, AuditEntry, AuditStore, KeptCheckpoint } from '../../stores/ports/index.ts';
import { checkpointDigest } from './checkpoint.ts';

/** What ends an export: it says under a signature how many records there are and which is the last. */
export interface ExportManifest {
  readonly kind: 'trailer';
  readonly node: string;
  /** Records, from the first of the chain. */
  readonly count: number;
  readonly first: 1;
  /** Absent where the log is empty. */
  readonly head?: { readonly sequence: number; readonly hash: string };
  /** Checkpoints among the records. */
  readonly checkpoints: number;
  /** The last of them; `digest` is the hex SHA-256 of its text. */
  readonly lastCheckpoint?: { readonly sequence: number; readonly digest: string };
  /** ISO 8601, UTC. */
  readonly exportedAt: string;
}

/** Hands out the log as others can verify it; docs/audit-format.md is the format. */
export interface AuditExporter {
  /** The signed manifest of the log as it stands; fetched first, it bounds the pages and ends the export. */
  manifest(): Promise<Signed<ExportManifest>>;
  /** Entries after `afterSequence` as they were sealed, and the checkpoints that name one of them. */
  page(page: {
    afterSequence: number;
    limit: number;
  }): Promise<{ readonly entries: readonly AuditEntry[]; readonly checkpoints: readonly KeptCheckpoint[] }>;
}

/** The word in the first line of an export. */
export const exportFormat = 'likeness-audit-export';

/** Makes the exporter of a log. @param parts.clock milliseconds since 1970 */
export function createAuditExporter(parts: {
  readonly audit: Pick<AuditStore, 'last' | 'read'>;
  readonly checkpoints: Pick<AuditCheckpointStore, 'node' | 'last' | 'read'>;
  readonly signer: Signer;
  readonly clock: () => number;
}): AuditExporter {
  const { audit, checkpoints, signer } = parts;
  return {
    async manifest() {
      // The checkpoint first: what it names is in the log by then.
      const checkpoint = await checkpoints.last();
      const head = await audit.last();
      return signDocument<ExportManifest>(signer, {
        kind: 'trailer',
        node: (await checkpoints.node()) ?? '',
        count: head?.sequence ?? 0,
        first: 1,
        ...(head && { head: { sequence: head.sequence, hash: head.hash } }),
        checkpoints: await countCheckpoints(checkpoints, checkpoint),
        ...(checkpoint && {
          lastCheckpoint: { sequence: checkpoint.sequence, digest: checkpointDigest(checkpoint.document) },
        }),
        exportedAt: new Date(parts.clock()).toISOString(),
      });
    },
    async page({ afterSequence, limit }) {
      const entries = await audit.read({ afterSequence, limit });
      const last = entries.at(-1)?.sequence ?? afterSequence;
      const found = await checkpoints.read({ afterSequence, limit: entries.length });
      return { entries, checkpoints: found.filter(({ sequence }) => sequence <= last) };
    },
  };
}

const pageLength = 1_000;

/**
 * The lines of an export, without line breaks: header, entries in order with each checkpoint after the entry it names,
 * trailer. Each is canonical JSON.
 *
 * @param onProgress told how many of how many records are out
 * @throws {DOMException} AbortError when the signal fires
 */
export async function* exportLines(
  exporter: AuditExporter,
  options: { readonly onProgress?: (done: number, total: number) => void; readonly signal?: AbortSignal } = {},
): AsyncGenerator<string> {
  const manifest = await exporter.manifest();
  yield canonicalJson({ kind: 'header', format: exportFormat, version: 1, node: manifest.node });
  const lastCheckpoint = manifest.lastCheckpoint?.sequence ?? 0;
  for (let after = 0; after < manifest.count; ) {
    options.signal?.throwIfAborted();
    const { entries, checkpoints } = await exporter.page({ afterSequence: after, limit: pageLength });
    const bySequence = new Map(checkpoints.map(({ sequence, document }) => [sequence, document]));
    for (const { sequence, previousHash, body, hash } of entries) {
      if (sequence > manifest.count) break;
      yield canonicalJson({ kind: 'entry', sequence, previousHash, body, hash });
      const document = bySequence.get(sequence);
      if (document !== undefined && sequence <= lastCheckpoint) yield document;
    }
    const last = entries.at(-1)?.sequence;
    // A log with a gap at its end is exported as it is; the verifier will say what is missing.
    if (last === undefined || last <= after) break;
    after = last;
    options.onProgress?.(Math.min(after, manifest.count), manifest.count);
  }
  yield canonicalJson(manifest);
}

async function countCheckpoints(
  checkpoints: Pick<AuditCheckpointStore, 'read'>,
  last: KeptCheckpoint | undefined,
): Promise<number> {
  let count = 0;
  for (let after = 0; last !== undefined && after < last.sequence; ) {
    const page = await checkpoints.read({ afterSequence: after, limit: pageLength });
    const end = page.at(-1);
    if (end === undefined || end.sequence <= after) break;
    count += page.filter(({ sequence }) => sequence <= last.sequence).length;
    after = end.sequence;
  }
  return count;
}
