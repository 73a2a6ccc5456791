import { type OperationRow, type OwnOperationRow, operations, ownOperations, ServiceError } from '../contract/index.ts';
import type { Call } from './call.ts';

/** What a call is about. */
export type Target =
  | { readonly kind: 'collection' | 'new-collection'; readonly collectionId: string }
  /** The configured gallery of public figures; without `isRequired` the call runs where it does not stand too. */
  | { readonly kind: 'gallery'; readonly collectionId: string; readonly isRequired: boolean }
  /** No collection; `lacksGallery` where the call needs the gallery of public figures and none is configured. */
  | { readonly kind: 'none'; readonly lacksGallery?: true };

/** What of the configuration says what a call is about. */
export interface TargetSettings {
  readonly region: string;
  readonly accountId: string;
  /** The gallery of public figures, where one is configured. */
  readonly celebrityCollection?: string;
}

/**
 * Reads off the request what it is about, by the operation's row. one of Likeness' own is about
 * the collection of its member `collectionId`, where its row says so and the request names one.
 *
 * @throws {ServiceError} InvalidParameterException when no collection is named, or the ARN is none
 * @throws {ServiceError} ResourceNotFoundException when the ARN names something else than a collection of this account
 */
export function targetOf(call: Call, settings: TargetSettings): Target {
  const rows: Readonly<Record<string, OperationRow>> = operations;
  const ownRows: Readonly<Record<string, OwnOperationRow>> = ownOperations;
  if (Object.hasOwn(ownRows, call.operation)) {
    const about = ownRows[call.operation]?.subject;
    if (about === 'gallery' || about === 'gallery-if-any') return galleryOf(settings, about === 'gallery');
    const named = textMember(call.request, 'collectionId');
    if (about === undefined || named === undefined) return { kind: 'none' };
    return { kind: 'collection', collectionId: named };
  }
  const subject = Object.hasOwn(rows, call.operation) ? rows[call.operation]?.subject : undefined;
  switch (subject) {
    case 'collection':
    case 'new-collection':
      return { kind: subject, collectionId: namedCollection(call.request) };
    case 'resource':
      return {
        kind: 'collection',
        collectionId: collectionOfArn(textMember(call.request, 'ResourceArn') ?? '', settings),
      };
    case 'gallery-if-any':
      return galleryOf(settings, false);
    default:
      return { kind: 'none' };
  }
}

/** A member of a request whose shape the edge has validated; undefined when it is absent or not of that type. */
export function textMember(request: unknown, name: string): string | undefined {
  const value = (request as Readonly<Record<string, unknown>> | null | undefined)?.[name];
  return typeof value === 'string' ? value : undefined;
}

/** A request's tags; empty when it has none. */
export function tagsOf(request: unknown): Readonly<Record<string, string>> {
  const { Tags } = request as { readonly Tags?: Readonly<Record<string, string>> };
  return Tags ?? {};
}

function galleryOf({ celebrityCollection }: TargetSettings, isRequired: boolean): Target {
  if (celebrityCollection !== undefined) return { kind: 'gallery', collectionId: celebrityCollection, isRequired };
  return { kind: 'none', ...(isRequired && { lacksGallery: true }) };
}

function namedCollection(request: unknown): string {
  const id = textMember(request, 'CollectionId');
  if (id === undefined || id === '') {
    throw new ServiceError('InvalidParameterException', 'Request has invalid parameters');
  }
  return id;
}

// CreateCollection of old answered ARNs without `arn:`; clients that kept one still send it.
const arnPattern = /^(?:arn:)?aws[a-z-]*:rekognition:([a-z0-9-]*):([0-9]*):([a-z]+)\/(.+)$/;
const collectionIdPattern = /^[a-zA-Z0-9_.-]{1,255}$/;

function collectionOfArn(arn: string, account: { readonly region: string; readonly accountId: string }): string {
  const [, region, accountId, kind, id = ''] = arnPattern.exec(arn) ?? [];
  if (kind === undefined) throw new ServiceError('InvalidParameterException', 'The ARN is not valid.');
  const ours = region === account.region && accountId === account.accountId;
  if (!ours || kind !== 'collection' || !collectionIdPattern.test(id)) {
    throw new ServiceError('ResourceNotFoundException', `The resource ${arn} does not exist`);
  }
  return id;
}
