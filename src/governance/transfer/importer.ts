import { type OwnRequestOf, type OwnResponseOf, ServiceError } from '../../contract/index.ts';
import { canonicalJson, sha256Hex } from '../../shared/canonical-json.ts';
import {
  aboutImportKey,
  addDigests,
  type CollectionFileHeader,
  type CollectionFrame,
  faceDigest,
  noDigest,
  readFrame,
  readFrameHead,
  readHeader,
} from '../../shared/collection-file.ts';
import { boxKeys, openSealedFor } from '../../shared/sealed-box.ts';
import type { DualExecutor } from '../dual-control/index.ts';
import { isSamePerson } from '../people/index.ts';
import { declaredPurpose } from '../policy/index.ts';
import { agreedOn, readMore } from './agreement.ts';
import { openWith, refusingHostile, writeControlFrame, writeFaces } from './import-steps.ts';
import type { ImportTarget } from './moving.ts';
import {
  approvalLifetimeMs,
  keepTransfer,
  purposeOf,
  standingProposal,
  type TransferCall,
  type TransferParts,
  whyNotMoved,
} from './parts.ts';

/** Imports a file into the granted collection, in the caller's name. */
export interface CollectionImporter {
  begin(request: Omit<OwnRequestOf<'BeginImport'>, 'collectionId'>): Promise<OwnResponseOf<'BeginImport'>>;
  write(
    request: Omit<OwnRequestOf<'WriteImport'>, 'collectionId'>,
    signal: AbortSignal,
  ): Promise<OwnResponseOf<'WriteImport'>>;
  check(request: Omit<OwnRequestOf<'CheckImport'>, 'collectionId'>): Promise<OwnResponseOf<'CheckImport'>>;
  finish(importId: string): Promise<void>;
}

/** An import as it is kept, sealed. */
type KeptImport =
  | {
      readonly state: 'proposed';
      /** Absent while it is being proposed. */
      readonly proposalId?: string;
      readonly header: string;
      readonly facesFrom: number;
    }
  | {
      readonly state: 'open';
      readonly importId: string;
      readonly person: string;
      readonly collectionId: string;
      readonly collectionCreatedAtMs: number;
      readonly openedAtMs: number;
      /** Base64 of the private key that the file's key is sealed for on its way here. */
      readonly boxKey: string;
      readonly header: string;
      readonly facesFrom: number;
      /** Frames before the first with faces that were written; all of them must be before it. */
      readonly written: readonly number[];
    }
  | { readonly state: 'done' };

/** What the importer asks retention. */
export interface ImportGuards {
  /** Whether a subject was erased here, under this purpose or all, at or after a time. */
  erasedSince(subject: string, sinceMs: number): boolean;
}

const facesPerCheck = 5000;
const facesAtOnce = 500;

/** How an import is opened once two persons agreed on it; nothing is written yet. */
export function importAction(parts: TransferParts): DualExecutor {
  const { documents, clock } = parts;
  return agreedOn(parts, async (record, parameters, person) => {
    const collectionId = record.id;
    const id = documentId(collectionId, record.createdAtMs, String(parameters.headerSha256), person);
    const asked = (await documents.read((view) => view.get('transfer', id)))?.body as KeptImport | undefined;
    if (asked?.state !== 'proposed' || sha256Hex(asked.header) !== parameters.headerSha256) {
      throw new ServiceError('ConflictException', 'What was proposed is not there any more. Propose it anew.');
    }
    const importId = parts.ids();
    const kept: KeptImport = {
      state: 'open',
      importId,
      person,
      collectionId,
      collectionCreatedAtMs: record.createdAtMs,
      openedAtMs: clock(),
      boxKey: Buffer.from(boxKeys().privateKey).toString('base64'),
      header: asked.header,
      facesFrom: asked.facesFrom,
      written: [],
    };
    await documents.change((change) => keepTransfer(change, id, kept, kept.openedAtMs, { import: importId }));
    return { importId, collectionId };
  });
}

/** The importer for one call. */
export function collectionImporterOf(
  parts: TransferParts,
  target: ImportTarget,
  call: TransferCall,
  guards: ImportGuards,
): CollectionImporter {
  const { documents, policy, clock } = parts;
  const { record } = target;

  const isOpen = (kept: KeptImport | undefined): kept is KeptImport & { state: 'open' } =>
    kept?.state === 'open' &&
    kept.collectionCreatedAtMs === record.createdAtMs &&
    clock() < kept.openedAtMs + approvalLifetimeMs;

  const requireOpen = async (importId: string) => {
    const found = await documents.read((view) => view.named('transfer', 'import', importId, { limit: 1 })[0]);
    const kept = found?.body as KeptImport | undefined;
    if (found === undefined || !isOpen(kept) || kept.collectionId !== record.id) {
      throw new ServiceError(
        'ResourceNotFoundException',
        `There is no import ${importId} into this collection under way: it was finished, or its approval has run out. Begin another.`,
      );
    }
    if (!isSamePerson(kept.person, call.grant.person)) {
      throw new ServiceError(
        'AccessDeniedException',
        `Only ${kept.person}, who proposed this import, may go on with it.`,
      );
    }
    return { id: found.id, kept };
  };

  const requireFitting = (header: CollectionFileHeader): void => {
    const declared = declaredPurpose(policy, header.purpose);
    if (declared.kind !== 'ok') {
      throw refused(`The file is of a collection for '${header.purpose}', which is no purpose of this server.`);
    }
    const reason = whyNotMoved(purposeOf(policy, record), call.isGallery);
    if (reason !== undefined) throw refused(reason);
    if (declared.purpose !== record.purpose) {
      throw refused(
        `The file is of a collection for ${header.purpose}, and this one is for ${record.purpose}: what somebody's face was taken for stays. Import it into a collection made for ${header.purpose}.`,
      );
    }
    if (header.faceModelVersion !== record.modelVersion) {
      throw refused(
        `The file's templates are of the face model ${header.faceModelVersion}, this collection's of ${record.modelVersion}, and they cannot be compared. Move the collection to ${record.modelVersion} before it is exported (likeness collections reembed), or start this server with the other model.`,
      );
    }
    if (header.dimensions !== parts.dimensionsOf(record.modelVersion)) {
      throw refused(`The file's face model ${header.faceModelVersion} is another than this server's.`);
    }
    if (clock() >= Date.parse(header.expiresAt)) {
      throw refused(
        `The file has run out on ${header.expiresAt}: who was erased since it was made would come back. Export the collection again.`,
      );
    }
  };

  return {
    async begin({ header: text, end: endText }) {
      const { header, end } = refusingHostile(() => {
        const read = readHeader(text);
        const about = { file: sha256Hex(text), publicKeyPem: read.publicKeyPem };
        return { header: read, end: readFrameHead(endText, about) };
      });
      if (end.part !== 'end' || end.facesFrom === undefined) throw refused('The file has no end.');
      requireFitting(header);
      const headerSha256 = sha256Hex(text);
      const id = documentId(record.id, record.createdAtMs, headerSha256, call.grant.person);
      const read = () => documents.read((view) => view.get('transfer', id)?.body as KeptImport | undefined);
      const opened = (kept: KeptImport & { state: 'open' }) => ({
        status: 'open' as const,
        importId: kept.importId,
        publicKey: Buffer.from(boxKeys(Buffer.from(kept.boxKey, 'base64')).publicKey).toString('base64'),
        sourceKeyId: keyIdOf(header),
      });
      const kept = await read();
      if (isOpen(kept)) return opened(kept);
      if (record.faceCount > 0 || record.userCount > 0) {
        throw new ServiceError(
          'ConflictException',
          `A file is imported into an empty collection; this one holds ${record.faceCount} faces.`,
        );
      }
      if (kept?.state === 'proposed' && kept.proposalId !== undefined) {
        const waiting = await standingProposal(call.control, kept.proposalId);
        if (waiting !== undefined) return { ...waiting, sourceKeyId: keyIdOf(header) };
      }
      const { totals, facesFrom } = end;
      const keep = (sinceMs: number, proposalId?: string) =>
        documents.change((change) => {
          const proposed: KeptImport = {
            state: 'proposed',
            ...(proposalId !== undefined && { proposalId }),
            header: text,
            facesFrom,
          };
          keepTransfer(change, id, proposed, sinceMs);
        });
      await keep(clock());
      const outcome = await call.control.run('bulk-import', {
        collectionId: record.id,
        collectionCreatedAt: new Date(record.createdAtMs).toISOString(),
        purpose: record.purpose,
        sourceKeyId: keyIdOf(header),
        sourceCollectionId: header.collectionId,
        exportedAt: header.createdAt,
        faces: totals.faces,
        users: totals.users,
        consents: totals.consents,
        headerSha256,
      });
      if (outcome.status === 'done') {
        const open = await read();
        if (!isOpen(open)) throw new Error('an import that was opened is not there');
        return opened(open);
      }
      const { proposal } = outcome;
      await keep(proposal.atMs, proposal.id);
      return {
        status: 'pending',
        proposalId: proposal.id,
        digest: proposal.digest,
        expires: new Date(proposal.expiresAtMs).toISOString(),
        sourceKeyId: keyIdOf(header),
      };
    },

    async write({ importId, sealedKey, frames: texts }, signal) {
      const { id, kept } = await requireOpen(importId);
      const header = readHeader(kept.header);
      const about = { file: sha256Hex(kept.header), publicKeyPem: header.publicKeyPem };
      return refusingHostile(async () => {
        const keys = boxKeys(Buffer.from(kept.boxKey, 'base64'));
        const fileKey = openSealedFor(keys, Buffer.from(sealedKey, 'base64'), aboutImportKey(importId));
        const [frame, ...rolls] = texts.map((text): CollectionFrame => readFrame(Buffer.from(text, 'base64'), about));
        if (frame === undefined) throw refused('No frame was sent.');
        const open = openWith(fileKey);
        const context = { parts, target, call, guards, header, dimensions: header.dimensions, signal };
        const { head } = frame;
        if (head.part !== 'faces') {
          if (head.index >= kept.facesFrom || rolls.length > 0) {
            throw refused('Frames of the roll are sent with the faces that they are about.');
          }
          const answer = await writeControlFrame(frame, open, context);
          await documents.change((change) => {
            const now = change.get('transfer', id)?.body as KeptImport | undefined;
            if (now?.state !== 'open' || now.written.includes(head.index)) return;
            const written = [...now.written, head.index];
            keepTransfer(change, id, { ...now, written }, now.openedAtMs, { import: importId });
          });
          return answer;
        }
        const isComplete = kept.written.length >= kept.facesFrom;
        if (!isComplete) {
          throw new ServiceError(
            'ResourceNotReadyException',
            "Minors' marks, cannot-links, consents and users are written before the first face: send all frames before those of faces.",
          );
        }
        return writeFaces(frame, rolls, open, context);
      });
    },

    async check({ importId, after }) {
      await requireOpen(importId);
      return checkFaces(target, after);
    },

    async finish(importId) {
      const { id, kept } = await requireOpen(importId);
      await documents.change((change) => {
        keepTransfer(change, id, { state: 'done' } satisfies KeptImport, kept.openedAtMs);
      });
    },
  };
}

/** Counts and adds up the faces that stand, so that the caller can hold them against the file. */
async function checkFaces(target: ImportTarget, after: string | undefined): Promise<OwnResponseOf<'CheckImport'>> {
  let cursor = after === undefined ? 0 : Number(after);
  if (!Number.isSafeInteger(cursor)) throw refused('`after` is not what a call before gave as `next`.');
  let digest = noDigest;
  let [faces, facesOfUsers] = [0, 0];
  while (faces < facesPerCheck) {
    const walked = await target.walk({ after: cursor, limit: facesAtOnce });
    digest = addDigests(digest, ...walked.faces.map(({ face }) => faceDigest(face)));
    faces += walked.faces.length;
    facesOfUsers += walked.faces.filter(({ face }) => face.userId !== undefined).length;
    cursor = walked.reached ?? cursor;
    if (walked.isLast) return { faces, facesOfUsers, digest };
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { faces, facesOfUsers, digest, next: String(cursor) };
}

/** Names the key of the exporting server, as its signatures do. */
function keyIdOf({ signature }: CollectionFileHeader): string {
  return signature.keyId;
}

function documentId(collectionId: string, createdAtMs: number, headerSha256: string, person: string): string {
  return sha256Hex(canonicalJson(['import', collectionId, createdAtMs, headerSha256, person]));
}

function refused(message: string): ServiceError {
  return new ServiceError('InvalidParameterException', `${message} ${readMore}`);
}
