import { type ConsentMethod, consentMethods, type OwnRequestOf, ServiceError } from '../../contract/index.ts';
import { canonicalJson, sha256Hex } from '../../shared/canonical-json.ts';
import { declaredPurpose, type Policy, type PurposeName, type PurposeRow } from '../policy/index.ts';
import { refusedClassWords } from '../rules/refused-class.ts';

/** A consent as someone asks to have it recorded: a request, or a row of an import, of which nothing is checked yet. */
export type GrantRequest = OwnRequestOf<'ImportConsents'>['rows'][number];

/** What a consent covers, read, complete and allowed by the policy. */
export interface ConsentTerms {
  readonly subject: string;
  readonly purpose: PurposeName;
  readonly method: ConsentMethod;
  readonly grantedAtMs: number;
  readonly expiresAtMs: number;
  readonly notice: { readonly sha256: string; readonly text?: string; readonly uri?: string };
  readonly language: string;
  readonly controller: string;
  readonly legalBasis?: string;
  readonly guardian?: { readonly name: string; readonly relation: string };
  readonly minor: boolean;
  readonly evidence?: string;
}

const readMore = 'Read docs/accountability.md#consent.';
const dayMs = 86_400_000;
// As the table of constraints has it; requests of this process do not pass the edge.
const subjectPattern = /^[a-zA-Z0-9_.\-:]{1,255}$/;
const momentPattern = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/**
 * Reads a purpose that a request names.
 * @throws {ServiceError} AccessDeniedException for a refused class, InvalidParameterException for what is no purpose
 */
export function purposeNamed(policy: Policy, name: string): PurposeRow {
  const declared = declaredPurpose(policy, name);
  if (declared.kind === 'ok') return policy.purposes[declared.purpose];
  if (declared.kind === 'refused') throw new ServiceError('AccessDeniedException', refusedClassWords(declared.refused));
  throw invalid(`The purpose is not one of: ${Object.keys(policy.purposes).join(', ')}.`);
}

/**
 * Reads a subject that a request names: letters, digits and `_ . - :`, so that no two subjects look the same. It is
 * never folded or trimmed: a name is the subject only when it is exactly its.
 * @throws {ServiceError} InvalidParameterException
 */
export function subjectNamed(subject: string): string {
  if (subjectPattern.test(subject)) return subject;
  throw invalid('A subject is named with 1 to 255 letters, digits, underscores, dots, hyphens and colons.');
}

/**
 * Reads the terms of a consent and holds them to the purpose: expiry within its retention, a guardian for a minor, a
 * guardian or a legal basis where it asks for one.
 *
 * @throws {ServiceError} InvalidParameterException saying what is missing, AccessDeniedException for a refused class
 */
export function readTerms(
  request: GrantRequest,
  parts: { readonly policy: Policy; readonly controller: string; readonly nowMs: number },
): ConsentTerms {
  const { policy, nowMs } = parts;
  const purpose = purposeNamed(policy, request.purpose);
  const subject = subjectNamed(request.subject);
  const { legalBasis, guardian } = request;
  const minor = request.minor === true;
  const method = consentMethods.find((name) => name === request.method);
  if (method === undefined) throw invalid(`The method is one of: ${consentMethods.join(', ')}.`);
  requireBrief(request);
  requireBasis({ purpose, method, legalBasis, guardian, minor });

  const grantedAtMs = request.grantedAt === undefined ? nowMs : momentOf('grantedAt', request.grantedAt);
  if (grantedAtMs > nowMs) throw invalid('A consent cannot be granted in the future (grantedAt).');
  const latestMs = grantedAtMs + purpose.retention.maxDays * dayMs;
  const expiresAtMs = request.expiresAt === undefined ? latestMs : momentOf('expiresAt', request.expiresAt);
  if (expiresAtMs > latestMs) {
    throw invalid(
      `A consent to ${purpose.name} lasts at most ${purpose.retention.maxDays} days: expiresAt is ${new Date(latestMs).toISOString()} at the latest.`,
    );
  }
  if (expiresAtMs <= nowMs || expiresAtMs <= grantedAtMs) throw invalid('The consent is over already (expiresAt).');
  return {
    subject,
    purpose: purpose.name,
    method,
    grantedAtMs,
    expiresAtMs,
    notice: noticeOf(request),
    language: request.language ?? 'en',
    controller: request.controller ?? parts.controller,
    minor,
    ...(legalBasis !== undefined && { legalBasis }),
    ...(guardian !== undefined && { guardian: { name: guardian.name, relation: guardian.relation } }),
    ...(request.evidence !== undefined && { evidence: request.evidence }),
  };
}

/** Known to be the same terms; hex. Goes with the subject: it could be guessed at. */
export function termsDigest(terms: ConsentTerms): string {
  return sha256Hex(canonicalJson(terms));
}

const mostCharacters = {
  noticeText: 20_000,
  noticeUrl: 2_000,
  language: 35,
  controller: 255,
  legalBasis: 1_000,
  evidence: 1_000,
} as const;

function requireBrief(request: GrantRequest): void {
  for (const [member, most] of Object.entries(mostCharacters)) {
    const length = request[member as keyof typeof mostCharacters]?.length ?? 0;
    if (length > most) throw invalid(`${member} has ${length} characters; at most ${most} are kept.`);
  }
  const { name = '', relation = '' } = request.guardian ?? {};
  if (name.length > 255 || relation.length > 100) throw invalid("The guardian's name or relation is too long.");
}

function requireBasis(asked: {
  purpose: PurposeRow;
  method: ConsentMethod;
  legalBasis: string | undefined;
  guardian: GrantRequest['guardian'];
  minor: boolean;
}): void {
  const { purpose, method, minor } = asked;
  const guardian = asked.guardian !== undefined && isSaid(asked.guardian.name) && isSaid(asked.guardian.relation);
  const legalBasis = asked.legalBasis !== undefined && isSaid(asked.legalBasis);
  const lawMayReplaceConsent = purpose.consent === 'guardian-or-legal-basis';
  if (asked.guardian !== undefined && !guardian) throw invalid('A guardian has a name and a relation to the subject.');
  if (method === 'guardian-form' && !guardian) throw invalid('The method guardian-form needs a guardian.');
  if (method === 'legal-basis' && !lawMayReplaceConsent) {
    throw invalid(`The purpose ${purpose.name} rests on consent; a legal basis does not replace it.`);
  }
  if (method === 'legal-basis' && !legalBasis) throw invalid('The method legal-basis needs legalBasis.');
  const bylaw = lawMayReplaceConsent && method === 'legal-basis';
  if (minor && !guardian && !bylaw) throw invalid('A minor needs a guardian with name and relation.');
  if (lawMayReplaceConsent && !guardian && !bylaw) {
    throw invalid(
      `The purpose ${purpose.name} needs a guardian's consent (guardian) or a legal basis on record (method legal-basis with legalBasis).`,
    );
  }
}

function noticeOf(request: GrantRequest): ConsentTerms['notice'] {
  const { noticeText, noticeUrl, noticeSha256 } = request;
  if (noticeText !== undefined) {
    const sha256 = sha256Hex(noticeText);
    if (!isSaid(noticeText)) throw invalid('The notice is empty (noticeText).');
    if (noticeSha256 !== undefined && noticeSha256 !== sha256) throw invalid('noticeSha256 is not that of noticeText.');
    return { sha256, text: noticeText, ...(noticeUrl !== undefined && { uri: noticeUrl }) };
  }
  if (noticeSha256 === undefined || !/^[0-9a-f]{64}$/.test(noticeSha256) || noticeUrl === undefined) {
    throw invalid('A consent names what the person was told: noticeText, or noticeUrl with noticeSha256.');
  }
  return { sha256: noticeSha256, uri: noticeUrl };
}

function momentOf(member: string, text: string): number {
  const ms = momentPattern.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) {
    throw invalid(`${member} is a day such as 2027-01-31, or a time with its zone such as 2027-01-31T12:00:00Z.`);
  }
  return ms;
}

function isSaid(text: string): boolean {
  return text.trim() !== '';
}

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidParameterException', `${message} ${readMore}`);
}
