import { type ErrorCode, ServiceError } from '../contract/index.ts';
import { ImageError, type ImageFault } from '../media/errors.ts';
import { SourceError, type SourceFault } from '../sources/index.ts';
import { StoreError, type StoreErrorCode } from '../stores/ports/index.ts';
import {
  PackMissingError,
  UncalibratedFaceModelError,
  UnknownFaceModelError,
  VisionBusyError,
  VisionFailedError,
} from '../vision/index.ts';

type Terms = readonly [code: ErrorCode, message: (named: NamedInRequest, cause: Error) => string];

/** The ids that a message may repeat: the client sent them. */
interface NamedInRequest {
  readonly CollectionId?: string | undefined;
  readonly UserId?: string | undefined;
}

const imageTerms: Record<ImageFault, Terms> = {
  unrecognised: ['InvalidImageFormatException', () => 'Request has invalid image format'],
  truncated: ['InvalidImageFormatException', () => 'Request has invalid image format'],
  'unsupported-heic': [
    'InvalidImageFormatException',
    () =>
      'Request has invalid image format: this is a HEIC image, and the HEVC decoder (libde265) is not part of this server. Convert it to JPEG, PNG, WebP or AVIF.',
  ],
  'too-many-bytes': ['ImageTooLargeException', () => 'Image size is too large.'],
  'too-many-pixels': ['ImageTooLargeException', (_, cause) => `Image dimensions are too large: ${cause.message}.`],
  'too-small': ['InvalidParameterException', (_, cause) => `Request has invalid parameters: ${cause.message}.`],
};

const noMetadata: Terms = [
  'InvalidS3ObjectException',
  () => 'Unable to get object metadata from S3. Check object key, region and/or access permissions.',
];

const sourceTerms: Record<SourceFault, Terms> = {
  'not-found': noMetadata,
  'not-allowed': noMetadata,
  unavailable: noMetadata,
  'too-large': ['ImageTooLargeException', () => 'Image size is too large.'],
};

const storeTerms: Record<StoreErrorCode, Terms> = {
  'collection-exists': [
    'ResourceAlreadyExistsException',
    ({ CollectionId }) => `The collection id: ${CollectionId} already exists`,
  ],
  'collection-not-found': [
    'ResourceNotFoundException',
    ({ CollectionId }) => `The collection id: ${CollectionId} does not exist`,
  ],
  'collection-full': ['ServiceQuotaExceededException', () => 'The collection holds as many faces as it may.'],
  'face-exists': [
    'ConflictException',
    () => 'A face of the file bears the id of another face that stands here: import it into an empty collection.',
  ],
  'tag-limit': ['ServiceQuotaExceededException', () => 'The resource would hold more tags than it may.'],
  'user-exists': ['ConflictException', ({ UserId }) => `The user id: ${UserId} already exists`],
  'user-not-found': ['ResourceNotFoundException', ({ UserId }) => `The user id: ${UserId} does not exist`],
  'user-full': ['ServiceQuotaExceededException', () => 'The user would hold more faces than it may.'],
  'user-changed': ['ConflictException', ({ UserId }) => `The user id: ${UserId} was changed by another request`],
  'model-changed': [
    'ThrottlingException',
    ({ CollectionId }) =>
      `The collection id: ${CollectionId} was moved to another face model meanwhile. Try your call again.`,
  ],
  'staging-exists': [
    'ConflictException',
    () => 'The collection is being moved to another face model already: finish or cancel that first.',
  ],
  'staging-not-found': [
    'ResourceNotFoundException',
    () => 'The collection is not being moved to that face model: begin it first.',
  ],
  'staging-incomplete': [
    'ResourceNotReadyException',
    () => 'Not every face has a template of the other face model yet, and the collection stays as it is.',
  ],
  corrupt: [
    'InternalServerError',
    () => "Internal server error: stored data failed its integrity check and is quarantined; see the server's log",
  ],
  'index-full': [
    'ServiceQuotaExceededException',
    () => "The server's memory has no room for more faces; nothing was stored. Its operator can give it more.",
  ],
  'does-not-fit': [
    'InternalServerError',
    () => "Internal server error: the collection does not fit into the server's memory; see the server's log",
  ],
  'disk-full': ['InternalServerError', () => "Internal server error: the server's disk is full; nothing was stored"],
  locked: ['InternalServerError', () => 'Internal server error'],
  closed: ['InternalServerError', () => 'Internal server error'],
  'newer-schema': ['InternalServerError', () => 'Internal server error'],
};

function spoken(terms: Terms, named: NamedInRequest, cause: Error): ServiceError {
  const [code, message] = terms;
  return new ServiceError(code, message(named, cause), { cause });
}

/**
 * Says a domain error in AWS's terms; undefined for one that has none, which becomes a 500 without details.
 *
 * @param request the request it happened under, whose own ids the message may repeat
 */
export function inServiceTerms(error: unknown, request: unknown): ServiceError | undefined {
  const named = (request ?? {}) as NamedInRequest;
  if (error instanceof ImageError) return spoken(imageTerms[error.fault], named, error);
  if (error instanceof SourceError) return spoken(sourceTerms[error.fault], named, error);
  if (error instanceof StoreError) return spoken(storeTerms[error.code], named, error);
  if (error instanceof VisionBusyError) {
    return new ServiceError('ThrottlingException', 'Slow down: every inference worker is busy.', { cause: error });
  }
  if (error instanceof VisionFailedError) {
    // What went wrong inside a worker may name paths: it is for the log, not for the client.
    return new ServiceError('InternalServerError', 'Internal server error: the image could not be analysed', {
      cause: error,
    });
  }
  if (error instanceof UnknownFaceModelError) {
    return new ServiceError(
      'InvalidParameterException',
      `The face model ${error.modelVersion} is needed for it, which this server does not have.`,
      { cause: error },
    );
  }
  if (error instanceof UncalibratedFaceModelError) {
    return new ServiceError('InvalidParameterException', `Request has invalid parameters: ${error.message}`, {
      cause: error,
    });
  }
  if (error instanceof PackMissingError) {
    return new ServiceError(
      'InvalidParameterException',
      `Request has invalid parameters: this server needs the pack ${error.packId} for it, which is not installed. Its operator installs it with: likeness models pull ${error.packId}`,
      { cause: error },
    );
  }
  return undefined;
}
