/**
 * Every error code that Likeness sends, with its HTTP status.
 *
 * @source Amazon Rekognition API 2016-06-27 and the common errors of AWS JSON services
 */
export const errorStatus = {
  AccessDeniedException: 400,
  ConflictException: 400,
  ExpiredTokenException: 400,
  HumanLoopQuotaExceededException: 402,
  IdempotentParameterMismatchException: 400,
  ImageTooLargeException: 400,
  IncompleteSignatureException: 400,
  InternalServerError: 500,
  InvalidImageFormatException: 400,
  InvalidManifestException: 400,
  InvalidPaginationTokenException: 400,
  InvalidParameterException: 400,
  InvalidPolicyRevisionIdException: 400,
  InvalidS3ObjectException: 400,
  InvalidSignatureException: 400,
  LimitExceededException: 400,
  MalformedPolicyDocumentException: 400,
  MissingAuthenticationTokenException: 400,
  ProvisionedThroughputExceededException: 400,
  ResourceAlreadyExistsException: 400,
  ResourceInUseException: 400,
  ResourceNotFoundException: 400,
  ResourceNotReadyException: 400,
  SerializationException: 400,
  ServiceQuotaExceededException: 400,
  SessionNotFoundException: 400,
  ThrottlingException: 400,
  UnknownOperationException: 400,
  UnrecognizedClientException: 400,
  ValidationException: 400,
  VideoTooLargeException: 400,
} as const;

/** A code of {@link errorStatus}. */
export type ErrorCode = keyof typeof errorStatus;

/** An answer to the client in AWS's terms; thrown in edge, governance and areas only. The message reaches the client as it is. */
export class ServiceError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = code;
    this.code = code;
  }

  /** HTTP status, 400, 402 or 500. */
  get status(): number {
    return errorStatus[this.code];
  }
}
