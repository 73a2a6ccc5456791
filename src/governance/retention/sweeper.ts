import type { CollectionRecord, CollectionStore, FaceRecord } from '../../stores/ports/index.ts';
import type { AuditLog, AuditRecordDraft } from '../audit/index.ts';
import type { Policy } from '../policy/index.ts';
import { allCollections } from './collections-source.ts';
import type { TargetEraser } from './eraser.ts';
import type { ErasureSource } from './erasure-source.ts';
import type { LegalHolds } from './legal-holds.ts';
import type { RetentionClock } from './retention-clock.ts';

/** What a sweep did. */
export interface SweepResult {
  /** ISO 8601, UTC; the time that was judged by. */
  readonly at: string;
  /** `paused`: the clock jumped, and nothing was erased by it. */
  readonly state: 'swept' | 'paused';
  /** Why it is paused. */
  readonly why?: string;
  readonly faces: number;
  readonly users: number;
  readonly collections: number;
  /** Subjects whose consent had run out. */
  readonly subjects: number;
  /** Files of backups that had expired. */
  readonly backups: number;
  /** What was due and is kept by a legal hold: faces and collections. */
  readonly held: number;
  /** Sentences about what could not be done. */
  readonly failures: readonly string[];
}

/** Erases what has run out. */
export interface RetentionSweeper {
  /** @param options.acceptClock a person has looked at the clock */
  sweep(options?: { readonly acceptClock?: boolean; readonly signal?: AbortSignal }): Promise<SweepResult>;
}

/** When a collection's own end comes, beside its faces' clocks. */
export interface CollectionEnd {
  readonly atMs: number;
  readonly why: 'purpose-ends' | 'evaluation';
}

/** What a sweeper works with. */
export interface SweeperParts {
  readonly policy: Policy;
  readonly collections: Pick<
    CollectionStore,
    'listCollections' | 'facesDue' | 'eraseFaces' | 'listSubjects' | 'eraseSubject' | 'tags'
  >;
  /** Beside the collections themselves: whatever else is kept of a face. */
  readonly sources: () => readonly ErasureSource[];
  readonly eraser: TargetEraser;
  readonly holds: LegalHolds;
  readonly clock: RetentionClock;
  /** Ends consents that have run out. */
  readonly settleConsents: (limit: number) => Promise<{ readonly settled: number; readonly failed: number }>;
  /** Uses that were noted count before anything is judged idle. */
  readonly flushUses: () => Promise<void>;
  readonly removeExpiredBackups: (nowMs: number) => Promise<number>;
  readonly audit: Pick<AuditLog, 'append'>;
  readonly ids: () => string;
  /** The tag that names the day on which a collection's purpose ends. */
  readonly endsTag: string;
}

const dayMs = 86_400_000;
/** Faces that are erased in one step, before others have a turn. */
const slice = 200;
const pageSize = 500;

/** When a collection as a whole comes to its end; undefined when only its faces do. */
export function endOfCollection(
  collection: Pick<CollectionRecord, 'purpose' | 'createdAtMs'>,
  tags: Readonly<Record<string, string>>,
  policy: Policy,
  endsTag: string,
): CollectionEnd | undefined {
  const row = policy.purposes[collection.purpose as keyof Policy['purposes']];
  const ends: CollectionEnd[] = [];
  if (row?.retention.clock === 'collection') {
    ends.push({ atMs: collection.createdAtMs + row.retention.maxDays * dayMs, why: 'evaluation' });
  }
  const day = tags[endsTag];
  const dayAtMs = day === undefined ? Number.NaN : Date.parse(day);
  // The named day is the last one.
  if (!Number.isNaN(dayAtMs)) ends.push({ atMs: dayAtMs + dayMs, why: 'purpose-ends' });
  return ends.sort((a, b) => a.atMs - b.atMs)[0];
}

/** Makes the sweeper. One sweep runs at a time; a second call waits for its turn. */
export function createSweeper(parts: SweeperParts): RetentionSweeper {
  const { policy, collections, eraser, holds, ids } = parts;
  let tail: Promise<unknown> = Promise.resolve();

  /** The server's own acts are audited as a person's are: before, and after with what was done. */
  async function recorded(
    collection: CollectionRecord | undefined,
    work: () => Promise<NonNullable<AuditRecordDraft['counts']>>,
  ): Promise<void> {
    const id = ids();
    const about = {
      requestId: id,
      decisionId: id,
      actor: { person: 'likeness', accessKeyId: '-' },
      operation: 'RunRetentionSweep',
      ...(collection && { collection: collection.id, purpose: collection.purpose }),
      policyDigest: policy.digest,
    };
    await parts.audit.append({ ...about, kind: 'decision' });
    try {
      const counts = await work();
      await parts.audit.append({ ...about, kind: 'outcome', counts });
    } catch (error) {
      await parts.audit.append({ ...about, kind: 'outcome', code: 'InternalServerError' });
      throw error;
    }
  }

  const isHeld = (collection: CollectionRecord, face: FaceRecord): boolean =>
    holds.over({
      purpose: collection.purpose,
      collectionId: collection.id,
      subjects: [face.externalImageId, face.userId, face.faceId].filter((name) => name !== undefined),
    }).length > 0;

  async function sweepFaces(collection: CollectionRecord, nowMs: number, done: Tally, signal?: AbortSignal) {
    const { maxDays, idleDays } = policy.purposes[collection.purpose as keyof Policy['purposes']].retention;
    const due = {
      storedBeforeMs: nowMs - maxDays * dayMs,
      ...(idleDays !== null && { unusedSinceMs: nowMs - idleDays * dayMs }),
    };
    const held = new Set<string>();
    const next = async (): Promise<readonly FaceRecord[]> => {
      // Those on hold come again each time, so more are asked for.
      for (let page = await collections.facesDue(collection.id, { ...due, limit: slice + held.size }); ; ) {
        const fresh = page.filter((face) => !held.has(face.faceId));
        const before = held.size;
        for (const face of fresh) if (isHeld(collection, face)) held.add(face.faceId);
        const free = fresh.filter((face) => !held.has(face.faceId)).slice(0, slice);
        if (free.length > 0 || held.size === before) return free;
        page = await collections.facesDue(collection.id, { ...due, limit: slice + held.size });
      }
    };
    let faces = await next();
    if (faces.length > 0) {
      await recorded(collection, async () => {
        let erased = 0;
        for (; faces.length > 0; faces = await next()) {
          signal?.throwIfAborted();
          erased += await eraseSlice(collection, faces);
          await new Promise((resolve) => setImmediate(resolve));
        }
        done.faces += erased;
        return { facesDeleted: erased };
      });
    }
    done.held += held.size;
    await sweepUsers(collection, due.storedBeforeMs, done);
  }

  async function eraseSlice(collection: CollectionRecord, faces: readonly FaceRecord[]): Promise<number> {
    const faceIds = faces.map(({ faceId }) => faceId);
    for (const source of parts.sources()) {
      if (source.eraseFaces !== undefined) await source.eraseFaces(collection.id, faceIds);
    }
    return (await collections.eraseFaces(collection.id, faceIds)).faces;
  }

  /** A user without faces is a name, and its time runs out too. */
  async function sweepUsers(collection: CollectionRecord, storedBeforeMs: number, done: Tally): Promise<void> {
    if (collection.userCount === 0) return;
    const due: string[] = [];
    for (let after: string | undefined; ; ) {
      const page = await collections.listSubjects(collection.id, {
        limit: pageSize,
        ...(after !== undefined && { after }),
      });
      for (const { subject, kind, faces, storedAtMs } of page.subjects) {
        const isDue = kind === 'name' && faces === 0 && storedAtMs < storedBeforeMs;
        const names = { purpose: collection.purpose, collectionId: collection.id, subjects: [subject] };
        if (isDue && holds.over(names).length === 0) due.push(subject);
      }
      if (page.cursor === undefined) break;
      after = page.cursor;
    }
    if (due.length === 0) return;
    await recorded(collection, async () => {
      for (const subject of due) await collections.eraseSubject(collection.id, subject);
      done.users += due.length;
      return { subjectsErased: due.length };
    });
  }

  async function sweepCollection(collection: CollectionRecord, nowMs: number, done: Tally, signal?: AbortSignal) {
    const end = endOfCollection(collection, await collections.tags(collection.id), policy, parts.endsTag);
    if (end !== undefined && nowMs >= end.atMs) {
      const target = { kind: 'collection', collectionId: collection.id } as const;
      if ((await eraser.heldBy(target)).length > 0) {
        done.held += 1;
        return;
      }
      await recorded(collection, async () => {
        await eraser.erase({ target, reason: 'retention', requestedBy: 'likeness' });
        done.collections += 1;
        return { facesDeleted: collection.faceCount };
      });
      return;
    }
    await sweepFaces(collection, nowMs, done, signal);
  }

  async function run(options: { acceptClock?: boolean; signal?: AbortSignal } = {}): Promise<SweepResult> {
    const reading = options.acceptClock === true ? await parts.clock.accept() : await parts.clock.observe();
    const at = new Date(reading.nowMs).toISOString();
    const done: Tally = { faces: 0, users: 0, collections: 0, subjects: 0, backups: 0, held: 0, failures: [] };
    if (reading.kind === 'paused') return { at, state: 'paused', why: reading.why, ...done };
    const attempt = async (what: string, work: () => Promise<void>): Promise<void> => {
      try {
        await work();
      } catch (error) {
        options.signal?.throwIfAborted();
        done.failures.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      }
    };
    await attempt('uses of faces', () => parts.flushUses());
    await attempt('consents that ran out', async () => {
      for (;;) {
        const { settled, failed } = await parts.settleConsents(slice);
        done.subjects += settled;
        if (settled + failed < slice) break;
      }
    });
    const all: CollectionRecord[] = [];
    for await (const collection of allCollections(collections)) all.push(collection);
    for (const collection of all) {
      // A damaged collection must not keep the others from being swept.
      await attempt(`collection ${collection.id}`, () =>
        sweepCollection(collection, reading.nowMs, done, options.signal),
      );
    }
    await attempt('expired backups', async () => {
      done.backups = await parts.removeExpiredBackups(reading.nowMs);
    });
    return { at, state: 'swept', ...done };
  }

  return {
    sweep(options) {
      const next = tail.then(() => run(options));
      tail = next.catch(() => {});
      return next;
    },
  };
}

interface Tally {
  faces: number;
  users: number;
  collections: number;
  subjects: number;
  backups: number;
  held: number;
  failures: string[];
}
