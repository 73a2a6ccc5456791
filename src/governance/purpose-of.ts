import type { CollectionRecord } from '../stores/ports/index.ts';
import { galleryProblem, isGallery } from './celebrities/gallery.ts';
import { declaredPurpose, type Policy, type PurposeName, type PurposeRow, purposeNames } from './policy/index.ts';
import { purposeTag } from './reserved-tags.ts';
import { accessDenied, type Question, type Refusal, refusedClassWords } from './rules/index.ts';
import { takesToken, unknownToken } from './subjects/caller.ts';
import { tagsOf, textMember } from './target.ts';

/** What finding the purpose of a call needs. */
export interface PurposeParts {
  readonly policy: Policy;
  /** The purpose of a new collection without a tag. */
  readonly defaultPurpose: PurposeName;
  findCollection(collectionId: string): Promise<CollectionRecord | undefined>;
  /** The purpose of the receipt that a person has the token of. */
  purposeOfToken(token: string): Promise<PurposeName | undefined>;
  /** The purpose of a receipt. */
  purposeOfReceipt(receiptId: string): Promise<PurposeName | undefined>;
}

/** Operations that end or begin what is held under one purpose, which stands in the request or the receipt. */
const aboutOnePurpose: ReadonlySet<string> = new Set([
  'EraseSubject',
  'GrantConsent',
  'ImportConsents',
  'LiftObjection',
  'RecordObjection',
  'WithdrawConsent',
]);

/** The purpose that a call runs under, with its collection where there is one; or why there is none. */
export type FoundPurpose =
  | { readonly kind: 'found'; readonly purpose: PurposeRow; readonly collection?: CollectionRecord }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/**
 * Finds the purpose of a call: that of its collection, which nothing in the request can change; for a new collection
 * the one its tag declares, or the default; with a token that of its receipt; about consent the one that the request
 * names, so that it is counted where it belongs; about the gallery of public figures that collection's, where it
 * stands; else the first that the key lists.
 */
export async function purposeOf(question: Question, parts: PurposeParts): Promise<FoundPurpose> {
  const { target, call } = question;
  switch (target.kind) {
    case 'collection': {
      const collection = await parts.findCollection(target.collectionId);
      if (collection === undefined) {
        return refused({
          rule: 'collection-exists',
          code: 'ResourceNotFoundException',
          message: `The collection id: ${target.collectionId} does not exist`,
        });
      }
      return declaredByOperator(question, collection.purpose, parts.policy, collection);
    }
    case 'gallery': {
      const collection = await parts.findCollection(target.collectionId);
      if (isGallery(collection)) return declaredByOperator(question, collection.purpose, parts.policy, collection);
      if (target.isRequired) {
        return refused({
          rule: 'gallery-stands',
          code: 'InvalidParameterException',
          message: galleryProblem(target.collectionId, collection),
        });
      }
      return declaredByOperator(question, call.caller.purposes[0] ?? '', parts.policy);
    }
    case 'new-collection':
      return declaredByTag(question, tagsOf(call.request)[purposeTag], parts);
    case 'none':
      if (target.lacksGallery) {
        return refused({
          rule: 'gallery-stands',
          code: 'InvalidParameterException',
          message: galleryProblem(undefined),
        });
      }
      if (takesToken(call.operation)) return declaredByToken(question, parts);
      return (
        (await namedByRequest(question, parts)) ??
        declaredByOperator(question, call.caller.purposes[0] ?? '', parts.policy)
      );
  }
}

/** A token allows what its receipt is for; what opens nothing is refused in one way, whatever the reason. */
async function declaredByToken({ call }: Question, parts: PurposeParts): Promise<FoundPurpose> {
  const purpose = await parts.purposeOfToken(textMember(call.request, 'token') ?? '');
  if (purpose !== undefined) return { kind: 'found', purpose: parts.policy.purposes[purpose] };
  const { code, message } = unknownToken();
  return refused({ rule: 'token-names-a-receipt', code, message });
}

/** Several purposes, none, or one that the key does not list leave it to the key; rules and operation judge those. */
async function namedByRequest({ call }: Question, parts: PurposeParts): Promise<FoundPurpose | undefined> {
  if (!aboutOnePurpose.has(call.operation)) return undefined;
  const receiptId = textMember(call.request, 'receiptId');
  const { rows = [] } = call.request as { readonly rows?: readonly unknown[] };
  const named = new Set([
    receiptId === undefined ? undefined : await parts.purposeOfReceipt(receiptId),
    ...[call.request, ...rows].map((one) => textMember(one, 'purpose')),
  ]);
  named.delete(undefined);
  const [only] = named.size === 1 ? named : [];
  const name = purposeNames.find((one) => one === only && call.caller.purposes.includes(one));
  return name && { kind: 'found', purpose: parts.policy.purposes[name] };
}

function declaredByTag(question: Question, tag: string | undefined, parts: PurposeParts): FoundPurpose {
  const declared = tag ?? parts.defaultPurpose;
  const verdict = declaredPurpose(parts.policy, declared);
  switch (verdict.kind) {
    case 'ok':
      return { kind: 'found', purpose: parts.policy.purposes[verdict.purpose] };
    case 'refused':
      return refusedClass(question, verdict.refused);
    case 'unknown':
      return refused({
        rule: 'known-purpose',
        code: 'InvalidParameterException',
        message: `The purpose '${declared}' is not known. The tag ${purposeTag} takes one of: ${purposeNames.join(', ')}.`,
      });
  }
}

/** A stored purpose, of a collection or key: what is no purpose there is nothing the client could mend, so it is denied. */
function declaredByOperator(
  question: Question,
  declared: string,
  policy: Policy,
  collection?: CollectionRecord,
): FoundPurpose {
  const verdict = declaredPurpose(policy, declared);
  if (verdict.kind === 'ok') {
    return { kind: 'found', purpose: policy.purposes[verdict.purpose], ...(collection && { collection }) };
  }
  if (verdict.kind === 'refused') return refusedClass(question, verdict.refused);
  const why = `The ${collection ? 'collection' : 'key'} has no purpose of: ${purposeNames.join(', ')}.`;
  return refused({ rule: 'known-purpose', ...accessDenied(question, why) });
}

function refusedClass(question: Question, row: Parameters<typeof refusedClassWords>[0]): FoundPurpose {
  return refused({ rule: `refused-class/${row.id}`, ...accessDenied(question, refusedClassWords(row)) });
}

function refused(refusal: Refusal): FoundPurpose {
  return { kind: 'refused', refusal };
}
