import {
  getConsent,
  grantConsent,
  importConsents,
  liftObjection,
  listConsents,
  recordObjection,
  withdrawConsent,
} from '../../src/areas/consent/index.ts';
import { deleteFaces, indexFaces, listFaces } from '../../src/areas/faces/index.ts';
import { associateFaces, createUser } from '../../src/areas/users/index.ts';
import { subjectLikeness } from '../../src/compose/consents.ts';
import type { OwnRequestOf, OwnResponseOf } from '../../src/contract/index.ts';
import {
  type Capabilities,
  type ConsentBook,
  consentDesk,
  consentedFaceWriter,
  consentedUserWriter,
  countFaceWrites,
  createConsentBook,
  createIdempotency,
  createPageTokens,
  createSubjectLocks,
  type EnrolmentParts,
  type Eraser,
  floorUserWriter,
  loadPolicy,
  type PurposeName,
} from '../../src/governance/index.ts';
import { openMemoryKeyring } from '../../src/keyring/index.ts';
import { signDocument } from '../../src/shared/signing.ts';
import { openMemoryStores } from '../../src/stores/memory/open-memory-stores.ts';
import type { CollectionStore } from '../../src/stores/ports/index.ts';
import type { EmbeddedFace, FaceModels, RejectedFace } from '../../src/vision/index.ts';
import { collectionOf, gateBench } from './gate.ts';

const dimensions = 8;
/** A day of the year 2027, so that days in tests read as days. */
export const startMs = Date.parse('2027-03-01T12:00:00Z');
export const dayMs = 86_400_000;

/** A similarity is a hundred times the dot product: easy to reckon with. */
const models: FaceModels = {
  current: 'm',
  versions: ['m'],
  calibration: () => ({
    modelVersion: 'm',
    dimensions,
    similarityOf: (score) => Math.max(0, Math.min(100, score * 100)),
    scoreOf: (similarity) => similarity / 100,
  }),
};

/**
 * The template of a person's photo: everyone has a direction of their own, and `turned` tilts it, so that photos of one
 * person are alike at `100 cos(turned)`.
 */
export function templateOf(person: number, turned = 0): Float32Array {
  const template = new Float32Array(dimensions);
  template[person] = Math.cos(turned);
  template[dimensions - 1] = Math.sin(turned);
  return template;
}

/** A face in a photo of a test. */
export interface Pictured {
  /** 0..6. */
  readonly person: number;
  readonly turned?: number;
  /** Of the image's width and height. */
  readonly size?: number;
  readonly blurred?: boolean;
}

/** Erases rows and nothing else, and signs for it. */
export function rowsEraser(parts: {
  collections: CollectionStore;
  keyring: ReturnType<typeof openMemoryKeyring>;
  clock: () => number;
}): Eraser {
  let certificates = 0;
  return {
    async eraseSubject({ subject, purpose, reason }) {
      let faces = 0;
      for (const record of await parts.collections.listCollections({ limit: 100 })) {
        if (purpose !== undefined && record.purpose !== purpose) continue;
        faces += (await parts.collections.eraseSubject(record.id, subject)).faces;
      }
      certificates += 1;
      return signDocument(parts.keyring.signer, {
        certificateId: `certificate-${certificates}`,
        at: new Date(parts.clock()).toISOString(),
        reason,
        ...(purpose !== undefined && { purpose }),
        subjectHash: 'a'.repeat(64),
        counts: { faces: { before: faces, after: 0 } },
        collections: {},
        policyDigest: 'p',
        backups: [],
        statement: 'Rows only.',
      });
    },
  };
}

/** A gate with the operations of consent and enrolment over real stores in memory; only vision is made up. */
export async function consentBench(
  options: {
    readonly collections?: Readonly<Record<string, PurposeName>>;
    readonly eraser?: (usual: Eraser) => Eraser;
    /** Runs while a photo is analysed: after the gate has judged, before anything is stored. */
    readonly whileEmbedding?: () => unknown;
    /** Runs while a face is stored: after everything was judged, before the store is reached. */
    readonly whileStoring?: () => unknown;
  } = {},
) {
  let nowMs = startMs;
  const clock = () => nowMs;
  const policy = loadPolicy();
  const keyring = openMemoryKeyring();
  const stores = await openMemoryStores(clock);
  const named = options.collections ?? { c: 'identity-verification' };
  for (const [id, purpose] of Object.entries(named)) {
    await stores.collections.createCollection({
      id,
      purpose,
      modelVersion: 'm',
      dimensions,
      tags: {},
      createdAtMs: nowMs,
    });
  }
  const marked: string[] = [];
  let ids = 0;
  const usual = rowsEraser({ collections: stores.collections, keyring, clock });
  const locks = createSubjectLocks();
  const book: ConsentBook = createConsentBook({
    documents: stores.documents,
    policy,
    signer: keyring.signer,
    tokenMac: (token) => keyring.mac('tokens', token).toString('hex'),
    eraser: options.eraser?.(usual) ?? usual,
    locks,
    markMinor: async ({ subject }) => void marked.push(subject),
    controller: 'Test House',
    clock,
    ids: () => `receipt-${String(++ids).padStart(4, '0')}`,
  });
  const idempotency = createIdempotency({ store: stores.idempotency, clock });
  const { collections } = stores;

  const capabilitiesFor: NonNullable<Parameters<typeof gateBench>[0]>['capabilitiesFor'] = (
    grant,
    _needs,
    notes,
    collection,
  ): Partial<Capabilities> => {
    const record = collection ?? collectionOf('photo-library', 'none');
    const purpose = Object.values(policy.purposes).find(({ name }) => name === record.purpose);
    if (purpose === undefined) throw new Error(`no purpose ${record.purpose}`);
    const likeness = subjectLikeness({ collections, faceModels: models }, record);
    const parts: EnrolmentParts = { purpose, record, ledger: book, locks, likeness };
    return {
      consents: consentDesk({ book, policy, clock }, grant, notes),
      account: { region: 'r', accountId: '0', collectionMaxFaces: 1000, maxCollections: 10 },
      idempotency: idempotency.forCall(grant),
      pageTokens: createPageTokens({ secret: new Uint8Array(32), clock }),
      images: {
        async read(image) {
          const bytes = image?.Bytes ?? new Uint8Array();
          return {
            bytes,
            imageId: `00000000-0000-4000-8000-${Buffer.from(bytes).toString('hex').slice(0, 12).padEnd(12, '0')}`,
          };
        },
      },
      faceEmbedder: {
        async embed({ bytes }, { maxFaces }) {
          await options.whileEmbedding?.();
          return embedded(JSON.parse(Buffer.from(bytes).toString('utf8')) as readonly Pictured[], maxFaces);
        },
      },
      collectionReader: {
        record,
        findFaces: (faceIds) => collections.findFaces(record.id, faceIds),
        listFaces: (page) => collections.listFaces(record.id, page),
        findUser: (userId) => collections.findUser(record.id, userId),
        listUsers: (page) => collections.listUsers(record.id, page),
        tags: () => collections.tags(record.id),
      },
      faceWriter: consentedFaceWriter(
        countFaceWrites(
          {
            record,
            async addFaces(image) {
              await options.whileStoring?.();
              return collections.addFaces(record.id, image);
            },
            deleteFaces: (faceIds) => collections.deleteFaces(record.id, faceIds),
          },
          notes,
        ),
        parts,
      ),
      userWriter: floorUserWriter(
        consentedUserWriter(
          {
            record,
            createUser: (userId) => collections.createUser(record.id, userId),
            findUser: (userId) => collections.findUser(record.id, userId),
            deleteUser: (userId) => collections.deleteUser(record.id, userId),
            findFaces: (faceIds) => collections.findFaces(record.id, faceIds),
            associateFaces: (userId, change) => collections.associateFaces(record.id, userId, change),
            disassociateFaces: (userId, change) => collections.disassociateFaces(record.id, userId, change),
            async matchWithUser(userId, faceId, threshold) {
              const user = await collections.userTemplate(record.id, userId);
              const face = await collections.faceTemplate(record.id, faceId);
              if (user === undefined || face === undefined) return { matches: face !== undefined };
              const similarity = 100 * user.reduce((sum, value, i) => sum + value * (face[i] ?? 0), 0);
              return { matches: similarity >= threshold, similarity };
            },
          },
          parts,
        ),
        grant,
        notes,
      ),
    };
  };
  const bench = gateBench({
    consent: book,
    capabilitiesFor,
    parts: {
      clock,
      findCollection: (id) => collections.findCollection(id),
      operations: Object.fromEntries(
        [
          ...[associateFaces, createUser, deleteFaces, indexFaces, listFaces],
          ...[getConsent, grantConsent, importConsents, liftObjection, listConsents, recordObjection, withdrawConsent],
        ].map((operation) => [operation.name, operation]),
      ),
    },
  });

  const terms = (subject: string, more: Partial<OwnRequestOf<'GrantConsent'>> = {}): OwnRequestOf<'GrantConsent'> => ({
    subject,
    purpose: 'identity-verification',
    method: 'signed-form',
    noticeText: 'We keep a template of your face to check that you are you.',
    ...more,
  });
  return {
    ...bench,
    book,
    stores,
    keyring,
    locks,
    clock,
    marked,
    terms,
    pass(ms: number) {
      nowMs += ms;
    },
    grant: async (subject: string, more: Partial<OwnRequestOf<'GrantConsent'>> = {}) =>
      (await bench.call('GrantConsent', terms(subject, more))).response as OwnResponseOf<'GrantConsent'>,
    withdraw: async (request: OwnRequestOf<'WithdrawConsent'>) =>
      (await bench.call('WithdrawConsent', request)).response as OwnResponseOf<'WithdrawConsent'>,
    /** Indexes a photo with these faces. */
    index: (ExternalImageId: string | undefined, pictured: readonly Pictured[], CollectionId = 'c') =>
      bench.call('IndexFaces', {
        CollectionId,
        ...(ExternalImageId !== undefined && { ExternalImageId }),
        Image: { Bytes: photoOf(pictured) },
      }),
    faces: async (collectionId = 'c') => (await collections.listFaces(collectionId, { limit: 100 })).faces,
  };
}

/** A photo as the made-up embedder reads it. */
export function photoOf(pictured: readonly Pictured[]): Uint8Array {
  return Buffer.from(JSON.stringify(pictured), 'utf8');
}

function embedded(pictured: readonly Pictured[], maxFaces: number) {
  const faces = [...pictured]
    .map((one, i) => ({ ...one, size: one.size ?? 0.2, at: i * 0.1 }))
    .sort((a, b) => b.size - a.size);
  const observation = ({ size, at }: { size: number; at: number }) => ({
    box: { left: at, top: 0.1, width: size, height: size },
    confidence: 99,
    landmarks: [],
    pose: { roll: 0, yaw: 0, pitch: 0 },
    quality: { brightness: 50, sharpness: 50 },
    attributes: {},
  });
  const accepted: EmbeddedFace[] = [];
  const rejected: RejectedFace[] = [];
  for (const face of faces) {
    if (face.blurred) rejected.push({ ...observation(face), reasons: ['LOW_SHARPNESS'] });
    else if (accepted.length < maxFaces) {
      accepted.push({ ...observation(face), template: templateOf(face.person, face.turned) });
    } else rejected.push({ ...observation(face), reasons: ['EXCEEDS_MAX_FACES'] });
  }
  return { width: 100, height: 100, accepted, rejected };
}
