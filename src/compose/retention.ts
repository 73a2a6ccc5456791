import { join } from 'node:path';
import { type BackupDesk, BackupError, clearRemains, createBackupDesk, type KnownBackup } from '../backup/index.ts';
import type { Config } from '../config/index.ts';
import { ServiceError } from '../contract/index.ts';
import {
  type AuditLog,
  type AuditRecordDraft,
  allCollections,
  answersSource,
  collectionsSource,
  createFaceUses,
  createGuards,
  createRetentionClock,
  createSweeper,
  createTargetEraser,
  type DualControl,
  type Eraser,
  type ErasureCertificate,
  type ErasureReason,
  type ErasureSource,
  type Grant,
  type GrantNotes,
  type LegalHold,
  type Orphan,
  type OrphanScan,
  openLegalHolds,
  openSuspended,
  openTombstones,
  type Policy,
  type PurposeName,
  purposeEndsTag,
  type RetentionDesk,
  type RetentionGuards,
  replayTombstones,
  retentionDeskOf,
  scanForOrphans,
  unexpiredExports,
} from '../governance/index.ts';
import type { Keyring } from '../keyring/index.ts';
import { packageVersion } from '../shared/package-root.ts';
import { inspectSnapshot, openLineFile, type Stores } from '../stores/index.ts';
import { StoreError } from '../stores/ports/index.ts';

/** What erases, sweeps and backs up, as other rooms and compose need it. */
export interface Retention {
  readonly eraser: Eraser;
  readonly guards: RetentionGuards;
  /** Says that a room keeps something of people; before {@link Retention.start}. */
  register(...sources: readonly ErasureSource[]): void;
  readonly desk: (grant: Pick<Grant, 'person'>, notes: GrantNotes) => RetentionDesk;
  readonly backups: (grant: Pick<Grant, 'person'>) => BoundBackups;
  /**
   * Before anything is served: replays tombstones, ends what was cut off, erases what has run out. Then does so every
   * hour, and looks for orphans every night. @returns stops it
   */
  start(rooms: { readonly consents: ConsentsForRetention }): Promise<() => Promise<void>>;
}

/** What retention asks of the book of consents. */
export interface ConsentsForRetention {
  settleDue(limit: number): Promise<{ readonly settled: number; readonly failed: number }>;
  erase(
    which: { readonly subject: string; readonly purpose?: PurposeName; readonly reason: ErasureReason },
    by: string,
  ): Promise<{ readonly certificate: ErasureCertificate }>;
}

/** Backups as an operation has them: made in the name of the person of its grant. */
export interface BoundBackups {
  /** @throws {ServiceError} ConflictException while one runs */
  begin(): Promise<KnownBackup>;
  list(): Promise<readonly KnownBackup[]>;
}

/** Who acts when a clock does. */
const itself = 'likeness';
const hourMs = 3_600_000;
const nightMs = 24 * hourMs;

/** Where the tombstones are: outside the data folder, so that no copy of that brings back who was erased. */
export function tombstonesFileOf(config: Pick<Config, 'trustDir'>): string {
  return join(config.trustDir, 'tombstones.jsonl');
}

/**
 * Opens what erases. Nothing is erased before {@link Retention.start}.
 *
 * @throws {TombstoneError} when the tombstones are not as this server wrote them
 */
export async function openRetention(parts: {
  readonly config: Pick<Config, 'dataDir' | 'trustDir' | 'backups'>;
  readonly policy: Policy;
  readonly stores: Stores;
  readonly keyring: Keyring;
  readonly audit: Pick<AuditLog, 'append'>;
  readonly dualControl: DualControl;
  readonly clock: () => number;
  readonly ids: () => string;
  readonly notice: (notice: string) => void;
}): Promise<Retention> {
  const { config, policy, stores, keyring, audit, clock, ids, notice } = parts;
  const { collections, documents } = stores;
  const path = tombstonesFileOf(config);
  const tombstones = await openTombstones({
    file: openLineFile(path),
    path,
    mac: (text) => keyring.mac('tombstones', text),
  });
  const holds = await openLegalHolds({ documents, clock, ids });
  const suspended = await openSuspended(documents);
  const uses = createFaceUses({ collections, clock });
  const retentionClock = createRetentionClock({ documents, clock, monotonicMs: () => performance.now() });
  const backups: BackupDesk = createBackupDesk({
    folder: config.backups.dir,
    workFolder: join(config.dataDir, 'unfinished-backups'),
    keepDays: config.backups.keepDays,
    documents,
    snapshot: (folder) => stores.snapshot(folder),
    inspect: inspectSnapshot,
    keyring: {
      file: join(config.dataDir, 'keyring.json'),
      masterKeyId: () => keyring.masterKeyId,
      sealer: keyring.sealer('backups'),
      signer: keyring.signer,
    },
    tombstoneHead: () => tombstones.head,
    software: `likeness ${packageVersion()}`,
    clock,
    ids,
    notice,
  });

  const ofCollections = collectionsSource({
    store: collections,
    looksAtFaces: () => tombstones.hasKind('face') || tombstones.hasKind('collection'),
  });
  const others: ErasureSource[] = [answersSource({ answers: stores.idempotency, collections })];
  // The collections last: what others keep may be found only by the faces that still stand there.
  const sources = (): readonly ErasureSource[] => [...others, ofCollections];
  const eraser = createTargetEraser({
    sources,
    tombstones,
    holds,
    suspended,
    namesOfFace: async (collectionId, faceId) => {
      const [face] = await collections.findFaces(collectionId, [faceId]);
      return [face?.externalImageId, face?.userId, face?.faceId].filter((name) => name !== undefined);
    },
    documents,
    signer: keyring.signer,
    policyDigest: policy.digest,
    backups: async () =>
      (await backups.unexpired(clock())).map(({ backupId, createdAt, expiresAt }) => ({
        backupId,
        createdAt,
        expiresAt,
      })),
    exports: (collectionIds) => unexpiredExports({ documents, clock }, collectionIds),
    clock,
    ids,
    notice,
  });
  let consents: ConsentsForRetention | undefined;
  const sweeper = createSweeper({
    policy,
    collections,
    sources: () => others,
    eraser,
    holds,
    clock: retentionClock,
    settleConsents: async (limit) => (await consents?.settleDue(limit)) ?? { settled: 0, failed: 0 },
    flushUses: () => uses.flush(),
    removeExpiredBackups: (nowMs) => backups.removeExpired(nowMs),
    audit,
    ids,
    endsTag: purposeEndsTag,
  });

  const scan = async (signal: AbortSignal): Promise<OrphanScan> => {
    const found = await scanForOrphans({
      tombstones,
      sources: sources(),
      strays: () => findStrays(stores),
      clock,
      signal,
    });
    await documents.change((change) => change.put('setting', 'orphan-scan', found));
    if (found.orphans.length > 0) {
      notice(
        `${found.orphans.length} things of people who were erased are still there; see \`likeness orphans\`, and start again to have them erased`,
      );
    }
    return found;
  };

  parts.dualControl.register('place-legal-hold', {
    proposers: ['admin'],
    approvers: ['admin', 'auditor'],
    execute: async (parameters, [proposedBy = '', approvedBy = proposedBy]) => {
      const { subject, purpose, collectionId, reason } = parameters as Record<string, string | undefined>;
      const scope =
        collectionId !== undefined
          ? ({ kind: 'collection', collectionId } as const)
          : ({
              kind: 'subject',
              subject: subject ?? '',
              ...(purpose !== undefined && { purpose: purpose as PurposeName }),
            } as const);
      const hold: LegalHold = await holds.place(scope, reason ?? '', { proposedBy, approvedBy });
      return { holdId: hold.holdId };
    },
  });
  parts.dualControl.register('release-legal-hold', {
    proposers: ['admin'],
    approvers: ['admin', 'auditor'],
    execute: async (parameters, [proposedBy = '', approvedBy = proposedBy]) => {
      const { holdId } = await holds.release(String(parameters.holdId), { proposedBy, approvedBy });
      let erased = 0;
      await byItself('EraseSubject', undefined, async () => {
        erased = (await eraser.resume()).length;
        return { subjectsErased: erased };
      });
      return { holdId, erased: String(erased) };
    },
  });

  /** What the server does by itself is audited as what a person does. */
  async function byItself(
    operation: string,
    purpose: PurposeName | undefined,
    work: () => Promise<NonNullable<AuditRecordDraft['counts']>>,
  ): Promise<void> {
    const id = ids();
    const about = {
      requestId: id,
      decisionId: id,
      actor: { person: itself, accessKeyId: '-' },
      operation,
      ...(purpose !== undefined && { purpose }),
      policyDigest: policy.digest,
    };
    await audit.append({ ...about, kind: 'decision' });
    try {
      const counts = await work();
      await audit.append({ ...about, kind: 'outcome', ...(Object.keys(counts).length > 0 && { counts }) });
    } catch (error) {
      await audit.append({ ...about, kind: 'outcome', code: 'InternalServerError' });
      throw error;
    }
  }

  async function nightlyScan(signal: AbortSignal): Promise<void> {
    const last = (await documents.read((view) => view.get('setting', 'orphan-scan')))?.body as OrphanScan | undefined;
    const passedMs = last === undefined ? Number.POSITIVE_INFINITY : Math.abs(clock() - Date.parse(last.at));
    if (passedMs < nightMs) return;
    await byItself('RunOrphanScan', undefined, async () => {
      const { orphans } = await scan(signal);
      return orphans.length > 0 ? { orphansFound: orphans.length } : {};
    });
  }

  return {
    eraser: {
      async eraseSubject({ subject, purpose, reason, requestedBy }) {
        const target = { kind: 'subject', subject, ...(purpose !== undefined && { purpose }) } as const;
        // A person's request is audited at the gate; what a clock asks for is audited here.
        if (requestedBy !== itself) return eraser.erase({ target, reason, requestedBy });
        let certificate: ErasureCertificate | undefined;
        await byItself('EraseSubject', purpose, async () => {
          certificate = await eraser.erase({ target, reason, requestedBy });
          return certificate.suspendedBy === undefined ? { subjectsErased: 1 } : {};
        });
        if (certificate === undefined) throw new Error('an erasure ended without its certificate');
        return certificate;
      },
    },
    guards: createGuards({
      policy,
      collections,
      holds,
      heldBy: (target) => eraser.heldBy(target),
      suspended,
      tombstones,
      uses,
      clock,
      ids,
    }),
    register: (...more) => void others.push(...more),
    desk: (grant, notes) =>
      retentionDeskOf(
        {
          documents,
          collections,
          policy,
          eraser,
          eraseWithConsents: async (subject, purpose, by) => {
            if (consents === undefined) throw new Error('retention has not started');
            const about = { subject, ...(purpose !== undefined && { purpose }), reason: 'erasure-request' as const };
            return (await consents.erase(about, by)).certificate;
          },
          holds,
          sweeper,
          clock: retentionClock,
          scan,
          endsTag: purposeEndsTag,
        },
        grant.person,
        notes,
      ),
    backups: (grant) => ({
      list: () => backups.list(),
      begin: async () => {
        try {
          return await backups.begin(grant.person);
        } catch (cause) {
          if (!(cause instanceof BackupError)) throw cause;
          throw new ServiceError('ConflictException', `A backup cannot be begun: ${cause.message}.`, { cause });
        }
      },
    }),
    async start(rooms) {
      consents = rooms.consents;
      const stopped = new AbortController();
      await backups.clean();
      for (const left of await clearRemains(config.dataDir)) {
        notice(
          `${left} holds what stood here before a restore, and no erasure reaches it: delete it when you need it no more`,
        );
      }
      await replayTombstones({ tombstones, sources: sources(), documents, notice });
      await eraser.finish();
      const round = async (): Promise<void> => {
        const result = await sweeper.sweep({ signal: stopped.signal });
        if (result.why !== undefined) notice(result.why);
        for (const failure of result.failures) notice(`retention could not be kept for ${failure}`);
        await documents.change((change) => change.put('setting', 'retention-sweep', { at: result.at }));
      };
      await round();
      let running: Promise<void> = Promise.resolve();
      const turn = (): void => {
        running = running
          .then(round)
          .then(() => nightlyScan(stopped.signal))
          .catch((error: unknown) => {
            if (!stopped.signal.aborted) notice(`the hourly sweep failed: ${String(error)}`);
          });
      };
      const timer = setInterval(turn, hourMs);
      timer.unref();
      return async () => {
        clearInterval(timer);
        stopped.abort();
        await running;
        await backups.idle();
        await uses.flush();
      };
    },
  };
}

/** Keys and vectors in collections that no row refers to. */
async function findStrays(stores: Pick<Stores, 'collections' | 'tally'>): Promise<readonly Orphan[]> {
  const strays: Orphan[] = [];
  for await (const { id } of allCollections(stores.collections)) {
    try {
      strays.push(...(await straysIn(id, stores)));
    } catch (error) {
      // A quarantined collection is told of elsewhere.
      if (!(error instanceof StoreError && error.code === 'corrupt')) throw error;
    }
  }
  return strays;
}

async function straysIn(
  collectionId: string,
  { collections, tally }: Pick<Stores, 'collections' | 'tally'>,
): Promise<readonly Orphan[]> {
  const before = tally(collectionId);
  let names = 0;
  for (let after: string | undefined; ; ) {
    const page = await collections.listSubjects(collectionId, { limit: 500, ...(after !== undefined && { after }) });
    names += page.subjects.filter(({ kind }) => kind === 'name').length;
    after = page.cursor;
    if (after === undefined) break;
  }
  const tallied = tally(collectionId);
  if (before === undefined || tallied === undefined) return [];
  // What came or went while it was counted is no stray.
  const isKey = Math.min(before.subjectKeys, tallied.subjectKeys) > names;
  const isVector = tallied.faceVectors > tallied.faces;
  return [
    ...(isKey ? [{ what: 'subject key', source: 'collections', collectionId }] : []),
    ...(isVector ? [{ what: 'vector', source: 'search index', collectionId }] : []),
    ...(tallied.stagedStrays > 0 ? [{ what: 'staged template', source: 'collections', collectionId }] : []),
  ];
}
