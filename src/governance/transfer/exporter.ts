import { type OwnRequestOf, type OwnResponseOf, ServiceError } from '../../contract/index.ts';
import { canonicalJson, sha256Hex } from '../../shared/canonical-json.ts';
import {
  aboutFileKey,
  aboutFrame,
  addDigests,
  type CollectionFileHeader,
  type CollectionFileTotals,
  chainAfter,
  type FrameHead,
  faceDigest,
  frameBytes,
  makeFrame,
  noDigest,
  readFrameHead,
  readHeader,
} from '../../shared/collection-file.ts';
import { boxKeyBytes, sealFor } from '../../shared/sealed-box.ts';
import { createSealer, makeKeyBytes, SealBrokenError } from '../../shared/sealing.ts';
import { signDocument } from '../../shared/signing.ts';
import type { CollectionRecord, DocumentChange } from '../../stores/ports/index.ts';
import { documentsOf } from '../document-pages.ts';
import type { DualExecutor, DualParameters } from '../dual-control/index.ts';
import { isSamePerson } from '../people/index.ts';
import type { ExportThatMayHold } from '../retention/eraser-port.ts';
import { agreedOn, readMore } from './agreement.ts';
import { framePayload, type Place, type Step } from './export-steps.ts';
import type { ExportSource } from './moving.ts';
import {
  approvalLifetimeMs,
  fileLifetimeMs,
  keepTransfer,
  noteSubjects,
  purposeOf,
  standingProposal,
  type TransferCall,
  type TransferParts,
  whyNotMoved,
} from './parts.ts';

/** Exports the granted collection, in the caller's name. */
export interface CollectionExporter {
  begin(request: Omit<OwnRequestOf<'BeginExport'>, 'collectionId'>): Promise<OwnResponseOf<'BeginExport'>>;
  read(request: Omit<OwnRequestOf<'ReadExport'>, 'collectionId'>): Promise<OwnResponseOf<'ReadExport'>>;
}

/** An export as it is kept, sealed. */
type KeptExport =
  | { readonly state: 'proposed'; readonly proposalId: string }
  | {
      readonly state: 'open';
      readonly exportId: string;
      readonly person: string;
      readonly collectionId: string;
      readonly collectionCreatedAtMs: number;
      readonly openedAtMs: number;
      /** As it stands in the file. */
      readonly header: string;
      /** Base64 of the key of this file alone. */
      readonly fileKey: string;
    }
  | {
      readonly state: 'done';
      readonly exportId: string;
      readonly collectionId: string;
      /** ISO 8601, UTC. */
      readonly createdAt: string;
      readonly expiresAt: string;
      readonly person: string;
      /** Base64 of the frame that ends the file: an answer that got lost can be asked for again. Absent: it has no end. */
      readonly end?: string;
      /** Its place. */
      readonly chain?: string;
    };

const base64Key = /^[A-Za-z0-9+/]{43}=$/;
const sweptAtOnce = 500;

/** How an export runs once two persons agreed on it: its header is made and signed, nothing is read yet. */
export function exportAction(parts: TransferParts): DualExecutor {
  const { documents, signer, policy, clock } = parts;
  return agreedOn(parts, async (record, parameters, person) => {
    const collectionId = record.id;
    const exportId = parts.ids();
    const fileKey = makeKeyBytes();
    const recipient = String(parameters.recipient);
    const nowMs = clock();
    const header: CollectionFileHeader = signDocument(signer, {
      format: 'likeness-collection-export' as const,
      version: 1 as const,
      exportId,
      createdAt: new Date(nowMs).toISOString(),
      expiresAt: new Date(nowMs + fileLifetimeMs).toISOString(),
      software: parts.software,
      collectionId,
      purpose: record.purpose,
      faceModelVersion: record.modelVersion,
      dimensions: parts.dimensionsOf(record.modelVersion),
      recipient,
      ...(parameters.passphrase !== undefined && {
        passphrase: parameters.passphrase as NonNullable<CollectionFileHeader['passphrase']>,
      }),
      sealedKey: Buffer.from(sealedFor(recipient, fileKey, exportId)).toString('base64'),
      policyDigest: policy.digest,
      publicKeyPem: signer.publicKeyPem,
    });
    const kept: KeptExport = {
      state: 'open',
      exportId,
      person,
      collectionId,
      collectionCreatedAtMs: record.createdAtMs,
      openedAtMs: nowMs,
      header: JSON.stringify(header),
      fileKey: Buffer.from(fileKey).toString('base64'),
    };
    await documents.change((change) => {
      keepTransfer(change, documentId(parameters, person), kept, nowMs, namesOf(kept));
    });
    return { exportId, collectionId };
  });
}

/** The exporter for one call. */
export function collectionExporterOf(
  parts: TransferParts,
  source: ExportSource,
  call: TransferCall,
): CollectionExporter {
  const { documents, signer, policy, clock } = parts;
  const { record } = source;
  const about = { publicKeyPem: signer.publicKeyPem };

  const isOpen = (kept: KeptExport | undefined): kept is KeptExport & { state: 'open' } =>
    kept?.state === 'open' &&
    kept.collectionCreatedAtMs === record.createdAtMs &&
    clock() < kept.openedAtMs + approvalLifetimeMs;

  return {
    async begin({ recipient, passphrase }) {
      const reason = whyNotMoved(purposeOf(policy, record), call.isGallery);
      if (reason !== undefined) throw new ServiceError('InvalidParameterException', `${reason} ${readMore}`);
      // Refused before two persons are asked.
      sealedFor(recipient, makeKeyBytes(), 'probe');
      const parameters = parametersOf(record, recipient, passphrase);
      const id = documentId(parameters, call.grant.person);
      const read = () => documents.read((view) => view.get('transfer', id)?.body as KeptExport | undefined);
      const kept = await read();
      if (isOpen(kept)) return { status: 'open', exportId: kept.exportId, header: kept.header };
      if (kept?.state === 'proposed') {
        const waiting = await standingProposal(call.control, kept.proposalId);
        if (waiting !== undefined) return waiting;
      }
      const outcome = await call.control.run('bulk-export', { ...parameters, faces: record.faceCount });
      if (outcome.status === 'done') {
        const open = await read();
        if (!isOpen(open)) throw new Error('an export that was opened is not there');
        return { status: 'open', exportId: open.exportId, header: open.header };
      }
      const { proposal } = outcome;
      await documents.change((change) => {
        const proposed: KeptExport = { state: 'proposed', proposalId: proposal.id };
        keepTransfer(change, id, proposed, proposal.atMs);
      });
      return {
        status: 'pending',
        proposalId: proposal.id,
        digest: proposal.digest,
        expires: new Date(proposal.expiresAtMs).toISOString(),
      };
    },

    async read({ exportId, after }) {
      const found = await documents.read((view) => view.named('transfer', 'export', exportId, { limit: 1 })[0]);
      const kept = found?.body as KeptExport | undefined;
      const ended = kept?.state === 'done' && isSamePerson(kept.person, call.grant.person) ? kept : undefined;
      if (ended?.end !== undefined && after !== undefined && isFollowedBy(after, ended.chain)) {
        return { frame: ended.end, isLast: true, facesInFrame: 0, faces: record.faceCount };
      }
      if (found === undefined || !isOpen(kept) || kept.collectionId !== record.id) {
        throw new ServiceError(
          'ResourceNotFoundException',
          `There is no export ${exportId} of this collection under way: it was finished, or its approval has run out. Begin another.`,
        );
      }
      if (!isSamePerson(kept.person, call.grant.person)) {
        throw new ServiceError('AccessDeniedException', `Only ${kept.person}, who proposed this export, may read it.`);
      }
      const file = sha256Hex(kept.header);
      const header = readHeader(kept.header);
      if (record.modelVersion !== header.faceModelVersion) {
        throw new ServiceError(
          'ConflictException',
          'The collection was moved to another face model since the export was begun. Begin another.',
        );
      }
      const before = after === undefined ? undefined : readHead(after, { ...about, file });
      const place: Place = before === undefined ? { part: 'about' } : placeAfter(before);
      const step = await framePayload(place, { parts, source, facesFrom: before?.facesFrom });
      const index = (before?.index ?? -1) + 1;
      const head: Omit<FrameHead, 'sealedSha256'> = {
        format: 'likeness-collection-frame',
        file,
        index,
        part: place.part,
        chain: chainAfter(before ?? header),
        totals: addTotals(before?.totals ?? noTotals, step),
        ...facesFromOf(before, place, index),
        ...lastFaceOf(before, step),
        ...(step.range && { range: step.range }),
        ...(step.next && { next: step.next }),
      };
      const sealer = createSealer(Buffer.from(kept.fileKey, 'base64'));
      const sealed = step.payload === undefined ? Buffer.alloc(0) : sealer.seal(step.payload, aboutFrame(head));
      const frame = frameBytes(makeFrame(signer, head, sealed));
      if (step.faces !== undefined) {
        call.notes.count('facesExported', step.faces.length);
        await noteSubjects(call, step.faces);
      }
      // The key of the file goes with its end: what was agreed on is one file.
      if (step.next === undefined) {
        await documents.change((change) => {
          putDone(change, found.id, kept, { end: frame.toString('base64'), chain: head.chain });
        });
      }
      return {
        frame: frame.toString('base64'),
        isLast: step.next === undefined,
        facesInFrame: step.faces?.length ?? 0,
        faces: record.faceCount,
      };
    },
  };
}

const noTotals: CollectionFileTotals = {
  faces: 0,
  facesOfUsers: 0,
  users: 0,
  consents: 0,
  cannotLinks: 0,
  minors: 0,
  digest: noDigest,
};

function addTotals(totals: CollectionFileTotals, { adds = {}, onRoll = [] }: Step): CollectionFileTotals {
  return {
    faces: totals.faces + onRoll.length,
    facesOfUsers: totals.facesOfUsers + onRoll.filter(({ userId }) => userId !== undefined).length,
    users: totals.users + (adds.users ?? 0),
    consents: totals.consents + (adds.consents ?? 0),
    cannotLinks: totals.cannotLinks + (adds.cannotLinks ?? 0),
    minors: totals.minors + (adds.minors ?? 0),
    digest: addDigests(totals.digest, ...onRoll.map(faceDigest)),
  };
}

function placeAfter(head: FrameHead): Place {
  if (head.next === undefined) {
    throw new ServiceError('InvalidParameterException', 'The frame sent as `after` is the last of its file.');
  }
  return { ...head.next, ...(head.lastFace !== undefined && { lastFace: head.lastFace }) };
}

function facesFromOf(before: FrameHead | undefined, { part }: Place, index: number): Pick<FrameHead, 'facesFrom'> {
  if (before?.facesFrom !== undefined) return { facesFrom: before.facesFrom };
  return part === 'faces' ? { facesFrom: index } : {};
}

function lastFaceOf(before: FrameHead | undefined, { reached }: Step): Pick<FrameHead, 'lastFace'> {
  const lastFace = reached ?? before?.lastFace;
  return lastFace === undefined ? {} : { lastFace };
}

function readHead(text: string, about: Parameters<typeof readFrameHead>[1]): ReturnType<typeof readFrameHead> {
  try {
    return readFrameHead(text, about);
  } catch (cause) {
    throw new ServiceError(
      'InvalidParameterException',
      `What was sent as \`after\` is no frame of this export: ${(cause as Error).message}.`,
      { cause },
    );
  }
}

/** The files that were exported from a collection and can still be imported, for who erases something of it. */
export async function unexpiredExports(
  { documents, clock }: Pick<TransferParts, 'documents' | 'clock'>,
  collectionIds: readonly string[],
): Promise<readonly ExportThatMayHold[]> {
  const found: ExportThatMayHold[] = [];
  for (const collectionId of collectionIds) {
    const of = documentsOf(documents, (view, page) => view.named('transfer', 'exported', collectionId, page));
    for await (const { body } of of) {
      const kept = body as KeptExport;
      if (kept.state === 'proposed') continue;
      const { exportId } = kept;
      const { createdAt, expiresAt } = kept.state === 'open' ? readHeader(kept.header) : kept;
      if (clock() < Date.parse(expiresAt)) found.push({ exportId, collectionId, createdAt, expiresAt });
    }
  }
  return found;
}

/**
 * Removes what has run out, with the keys of files that were never finished. That a file was exported is remembered for as
 * long as it can be imported.
 */
export async function sweepTransfers({ documents, clock }: Pick<TransferParts, 'documents' | 'clock'>): Promise<void> {
  const swept = await documents.change((change) => {
    const due = change.due('transfer', clock(), sweptAtOnce);
    for (const { id, body } of due) {
      const kept = body as KeptExport;
      if (kept.state === 'open' && 'fileKey' in kept) putDone(change, id, kept);
      else change.remove('transfer', id);
    }
    return due.length;
  });
  if (swept > 0) await documents.scrub();
}

/** Keeps of an export that it was made, without the key of its file. */
function putDone(
  change: DocumentChange,
  id: string,
  { exportId, collectionId, person, header }: KeptExport & { state: 'open' },
  end: { readonly end?: string; readonly chain?: string } = {},
): void {
  const { createdAt, expiresAt } = readHeader(header);
  const done = { state: 'done', exportId, collectionId, createdAt, expiresAt, person, ...end } satisfies KeptExport;
  change.put('transfer', id, done, { names: namesOf(done), dueAtMs: Date.parse(expiresAt) });
}

function namesOf({ exportId, collectionId }: { readonly exportId: string; readonly collectionId: string }) {
  return { export: exportId, exported: collectionId };
}

/** Whether what was sent as `after` is the frame before this place. */
function isFollowedBy(after: string, chain: string | undefined): boolean {
  try {
    return chainAfter(JSON.parse(after) as Parameters<typeof chainAfter>[0]) === chain;
  } catch {
    return false;
  }
}

function parametersOf(
  record: CollectionRecord,
  recipient: string,
  passphrase: OwnRequestOf<'BeginExport'>['passphrase'],
): DualParameters {
  return {
    collectionId: record.id,
    collectionCreatedAt: new Date(record.createdAtMs).toISOString(),
    purpose: record.purpose,
    recipient,
    ...(passphrase !== undefined && { passphrase }),
  };
}

/** One document for each export that a person may have asked for. */
function documentId(parameters: DualParameters, person: string): string {
  const { collectionId, collectionCreatedAt, recipient } = parameters;
  return sha256Hex(canonicalJson(['export', collectionId, collectionCreatedAt, recipient, person]));
}

function sealedFor(recipient: string, fileKey: Uint8Array, exportId: string): Uint8Array {
  const key = Buffer.from(recipient, 'base64');
  if (!base64Key.test(recipient) || key.length !== boxKeyBytes) {
    throw new ServiceError('InvalidParameterException', 'The recipient is a raw X25519 public key in Base64.');
  }
  try {
    return sealFor(key, fileKey, aboutFileKey(exportId));
  } catch (cause) {
    if (!(cause instanceof SealBrokenError)) throw cause;
    throw new ServiceError('InvalidParameterException', 'Nothing can be sealed for this public key.', { cause });
  }
}
