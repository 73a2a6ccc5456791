import { type OwnRequestOf, type OwnResponseOf, ServiceError } from '../../contract/index.ts';
import type { CollectionRecord, CollectionStore, FaceRecord } from '../../stores/ports/index.ts';
import type { AuditReader } from '../audit/index.ts';
import type { ConsentBook, FoundConsent } from '../consent/index.ts';
import type { GrantNotes } from '../notes.ts';
import type { Policy } from '../policy/index.ts';
import type { ErasureSource } from '../retention/erasure-source.ts';
import { subjectCaller, unknownToken } from './caller.ts';
import type { Contests } from './contests.ts';

/** What a person may do with the token of their receipt. Nothing reaches beyond the receipt's subject and purpose. */
export interface SubjectFile {
  show(token: string): Promise<OwnResponseOf<'ShowSubject'>>;
  download(token: string): Promise<OwnResponseOf<'DownloadSubject'>>;
  contest(request: OwnRequestOf<'ContestSubject'>): Promise<OwnResponseOf<'ContestSubject'>>;
  withdraw(token: string): Promise<OwnResponseOf<'WithdrawBySubject'>>;
}

/** What a subject's file is gathered from. */
export interface SubjectFileParts {
  readonly policy: Policy;
  readonly consents: Pick<ConsentBook, 'findByToken' | 'withdraw'>;
  readonly collections: Pick<CollectionStore, 'listCollections' | 'findFacesOfSubject' | 'subjectPseudonym'>;
  /** Everything that keeps something of people; the cases are asked for their number. */
  readonly sources: readonly ErasureSource[];
  /** JPEG of a face that reviewers were given, where one is kept. */
  readonly cropOf: (collectionId: string, faceId: string) => Promise<Uint8Array | undefined>;
  /** The kept certificate of an erasure. */
  readonly certificateOf: (certificateId: string) => Promise<unknown>;
  readonly contests: Contests;
  readonly audit: Pick<AuditReader, 'head' | 'read'>;
}

const dayMs = 86_400_000;
const pageSize = 1_000;
/** How far back the audit is read for a person's uses: a log of years would make them wait. */
const recordsRead = 50_000;
const iso = (ms: number): string => new Date(ms).toISOString();

/** The file of whoever has a token, for one call. */
export function subjectFileOf(parts: SubjectFileParts, notes: GrantNotes): SubjectFile {
  const { policy, consents, collections, contests } = parts;

  async function open(token: string): Promise<FoundConsent> {
    const found = await consents.findByToken(token);
    // The gate has looked already; between then and now the receipt may have gone.
    if (found === undefined) throw unknownToken();
    if (found.pseudonym !== undefined) notes.subject(found.pseudonym);
    return found;
  }

  async function* collectionsOf(purpose: string): AsyncGenerator<CollectionRecord> {
    for (let afterId = ''; ; ) {
      const page = await collections.listCollections({ afterId, limit: pageSize });
      yield* page.filter((collection) => collection.purpose === purpose);
      const last = page.at(-1);
      if (last === undefined) return;
      afterId = last.id;
    }
  }

  async function facesOf({ kept }: FoundConsent): Promise<readonly { collectionId: string; face: FaceRecord }[]> {
    const { held, purpose } = kept;
    if (held === undefined) return [];
    const found: { collectionId: string; face: FaceRecord }[] = [];
    for await (const { id } of collectionsOf(purpose)) {
      for (const face of await collections.findFacesOfSubject(id, held.subject)) found.push({ collectionId: id, face });
    }
    return found;
  }

  async function usesOf(pseudonyms: ReadonlySet<string>): Promise<{ uses: Uses; since?: string }> {
    const head = await parts.audit.head();
    const counts = new Map<string, number>();
    let since: string | undefined;
    for (let afterSequence = Math.max(0, (head?.sequence ?? 0) - recordsRead); ; ) {
      const records = await parts.audit.read({ afterSequence, limit: pageSize });
      since ??= records[0]?.at;
      for (const { kind, at, operation, subjects } of records) {
        if (kind !== 'outcome' || !subjects?.some((subject) => pseudonyms.has(subject))) continue;
        const key = `${at.slice(0, 7)} ${operation}`;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
      const last = records.at(-1);
      if (last === undefined) break;
      afterSequence = last.sequence;
    }
    const uses = [...counts].sort().map(([key, calls]) => {
      const [month = '', operation = ''] = key.split(' ');
      return { month, operation, calls };
    });
    return { uses, ...(since !== undefined && { since }) };
  }

  async function gather(found: FoundConsent): Promise<OwnResponseOf<'ShowSubject'>> {
    const { kept, state, pseudonym } = found;
    const row = policy.purposes[kept.purpose];
    const faces = await facesOf(found);
    const pseudonyms = new Set<string>(pseudonym === undefined ? [] : [pseudonym]);
    if (kept.held !== undefined) {
      for (const collectionId of new Set(faces.map((face) => face.collectionId))) {
        const inCollection = await collections.subjectPseudonym(collectionId, kept.held.subject);
        if (inCollection !== undefined) pseudonyms.add(inCollection);
      }
    }
    const { uses, since } = await usesOf(pseudonyms);
    return {
      receipt: {
        receiptId: kept.receiptId,
        purpose: kept.purpose,
        purposeFor: row.for,
        state,
        method: kept.method,
        minor: kept.minor,
        grantedAt: iso(kept.grantedAtMs),
        expiresAt: iso(kept.expiresAtMs),
        ...(kept.ended && { endedAt: iso(kept.ended.atMs) }),
        ...(kept.certificateId !== undefined && { certificateId: kept.certificateId }),
      },
      faces: faces.map(({ collectionId, face: { faceId, storedAtMs } }) => ({
        collectionId,
        faceId,
        storedAt: iso(storedAtMs),
        erasedBy: iso(Math.min(kept.expiresAtMs, storedAtMs + row.retention.maxDays * dayMs)),
      })),
      uses,
      ...(since !== undefined && { usesSince: since }),
      reviewCases: await casesAround(faces),
      contests: await contests.ofReceipt(kept.receiptId),
    };
  }

  /**
   * Cases of the collections that hold the person, whoever was found: those in which it is a candidate would tell
   * whoever has the token, an enroller too, what the review withholds.
   */
  async function casesAround(faces: readonly { collectionId: string }[]): Promise<number> {
    const cases = parts.sources.filter(({ name }) => name === 'cases');
    let sum = 0;
    for (const collectionId of new Set(faces.map((face) => face.collectionId))) {
      for (const source of cases) {
        for (const held of await source.count({ kind: 'collection', collectionId })) sum += held.count;
      }
    }
    return sum;
  }

  return {
    show: async (token) => gather(await open(token)),
    async download(token) {
      const found = await open(token);
      const shown = await gather(found);
      const pictures: { collectionId: string; faceId: string; jpeg: string }[] = [];
      for (const { collectionId, faceId } of shown.faces) {
        const jpeg = await parts.cropOf(collectionId, faceId);
        if (jpeg) pictures.push({ collectionId, faceId, jpeg: Buffer.from(jpeg).toString('base64') });
      }
      const { held, certificateId, withdrawal } = found.kept;
      const document = {
        about: 'What this server holds of you under the purpose of your receipt. Face templates are never given out.',
        ...shown,
        consentReceipt: held?.receipt,
        withdrawal,
        certificate: certificateId === undefined ? undefined : await parts.certificateOf(certificateId),
        pictures,
      };
      return { fileName: `likeness-${found.kept.receiptId}.json`, document: JSON.stringify(document, undefined, 2) };
    },
    async contest({ token, text, faceId }) {
      const found = await open(token);
      if (faceId !== undefined && !(await facesOf(found)).some(({ face }) => face.faceId === faceId)) {
        throw new ServiceError('ResourceNotFoundException', 'There is no such face of yours.');
      }
      const { receiptId, purpose, held } = found.kept;
      return contests.add({
        receiptId,
        purpose,
        text,
        ...(held && { subject: held.subject }),
        ...(faceId !== undefined && { faceId }),
      });
    },
    async withdraw(token) {
      const { kept } = await open(token);
      if (kept.held === undefined) {
        throw new ServiceError('ResourceNotFoundException', 'This consent has ended already, and nothing is held.');
      }
      const { certificate } = await consents.withdraw({ receiptId: kept.receiptId }, subjectCaller.person);
      notes.count('subjectsErased', 1);
      return {
        certificateId: certificate.certificateId,
        certificate: JSON.stringify(certificate, undefined, 2),
        suspended: (certificate.suspendedBy ?? []).length > 0,
      };
    },
  };
}

type Uses = OwnResponseOf<'ShowSubject'>['uses'];
