/**
 * The 75 operations of Rekognition 2016-06-27 as data: the room that holds each, whether this version computes it,
 * what the gate decides about, and the errors it may answer beside the common ones.
 *
 * @source Amazon Rekognition API 2016-06-27; a test holds this table against the AWS SDK's own list
 */
export const operations = {
  CompareFaces: {
    area: 'faces',
    status: 'built',
    subject: 'none',
    errors: ['ImageTooLargeException', 'InvalidImageFormatException', 'InvalidS3ObjectException'],
  },
  DeleteFaces: { area: 'faces', status: 'built', subject: 'collection', errors: ['ResourceNotFoundException'] },
  DetectFaces: {
    area: 'faces',
    status: 'built',
    subject: 'none',
    errors: ['ImageTooLargeException', 'InvalidImageFormatException', 'InvalidS3ObjectException'],
  },
  IndexFaces: {
    area: 'faces',
    status: 'built',
    subject: 'collection',
    errors: [
      'ImageTooLargeException',
      'InvalidImageFormatException',
      'InvalidS3ObjectException',
      'ResourceNotFoundException',
      'ServiceQuotaExceededException',
    ],
  },
  ListFaces: {
    area: 'faces',
    status: 'built',
    subject: 'collection',
    errors: ['InvalidPaginationTokenException', 'ResourceNotFoundException'],
  },
  SearchFaces: { area: 'faces', status: 'built', subject: 'collection', errors: ['ResourceNotFoundException'] },
  SearchFacesByImage: {
    area: 'faces',
    status: 'built',
    subject: 'collection',
    errors: [
      'ImageTooLargeException',
      'InvalidImageFormatException',
      'InvalidS3ObjectException',
      'ResourceNotFoundException',
    ],
  },
  CreateCollection: {
    area: 'collections',
    status: 'built',
    subject: 'new-collection',
    errors: ['ResourceAlreadyExistsException', 'ServiceQuotaExceededException'],
  },
  DeleteCollection: {
    area: 'collections',
    status: 'built',
    subject: 'collection',
    errors: ['ResourceNotFoundException'],
  },
  DescribeCollection: {
    area: 'collections',
    status: 'built',
    subject: 'collection',
    errors: ['ResourceNotFoundException'],
  },
  ListCollections: {
    area: 'collections',
    status: 'built',
    subject: 'none',
    errors: ['InvalidPaginationTokenException', 'ResourceNotFoundException'],
  },
  AssociateFaces: {
    area: 'users',
    status: 'built',
    subject: 'collection',
    errors: [
      'ConflictException',
      'IdempotentParameterMismatchException',
      'ResourceNotFoundException',
      'ServiceQuotaExceededException',
    ],
  },
  CreateUser: {
    area: 'users',
    status: 'built',
    subject: 'collection',
    errors: [
      'ConflictException',
      'IdempotentParameterMismatchException',
      'ResourceNotFoundException',
      'ServiceQuotaExceededException',
    ],
  },
  DeleteUser: {
    area: 'users',
    status: 'built',
    subject: 'collection',
    errors: ['ConflictException', 'IdempotentParameterMismatchException', 'ResourceNotFoundException'],
  },
  DisassociateFaces: {
    area: 'users',
    status: 'built',
    subject: 'collection',
    errors: ['ConflictException', 'IdempotentParameterMismatchException', 'ResourceNotFoundException'],
  },
  ListUsers: {
    area: 'users',
    status: 'built',
    subject: 'collection',
    errors: ['InvalidPaginationTokenException', 'ResourceNotFoundException'],
  },
  SearchUsers: { area: 'users', status: 'built', subject: 'collection', errors: ['ResourceNotFoundException'] },
  SearchUsersByImage: {
    area: 'users',
    status: 'built',
    subject: 'collection',
    errors: [
      'ImageTooLargeException',
      'InvalidImageFormatException',
      'InvalidS3ObjectException',
      'ResourceNotFoundException',
    ],
  },
  ListTagsForResource: { area: 'tags', status: 'built', subject: 'resource', errors: ['ResourceNotFoundException'] },
  TagResource: {
    area: 'tags',
    status: 'built',
    subject: 'resource',
    errors: ['ResourceNotFoundException', 'ServiceQuotaExceededException'],
  },
  UntagResource: { area: 'tags', status: 'built', subject: 'resource', errors: ['ResourceNotFoundException'] },
  DetectLabels: {
    area: 'labels',
    status: 'built',
    subject: 'none',
    errors: ['ImageTooLargeException', 'InvalidImageFormatException', 'InvalidS3ObjectException'],
  },
  DetectText: {
    area: 'text',
    status: 'built',
    subject: 'none',
    errors: ['ImageTooLargeException', 'InvalidImageFormatException', 'InvalidS3ObjectException'],
  },
  DetectModerationLabels: {
    area: 'moderation',
    status: 'built',
    subject: 'none',
    errors: [
      'HumanLoopQuotaExceededException',
      'ImageTooLargeException',
      'InvalidImageFormatException',
      'InvalidS3ObjectException',
      'ResourceNotFoundException',
      'ResourceNotReadyException',
    ],
  },
  GetCelebrityInfo: {
    area: 'celebrities',
    status: 'built',
    subject: 'gallery-if-any',
    errors: ['ResourceNotFoundException'],
  },
  RecognizeCelebrities: {
    area: 'celebrities',
    status: 'built',
    subject: 'gallery-if-any',
    errors: [
      'ImageTooLargeException',
      'InvalidImageFormatException',
      'InvalidImageFormatException',
      'InvalidS3ObjectException',
    ],
  },
  DetectProtectiveEquipment: {
    area: 'equipment',
    status: 'built',
    subject: 'none',
    errors: ['ImageTooLargeException', 'InvalidImageFormatException', 'InvalidS3ObjectException'],
  },
  GetCelebrityRecognition: {
    area: 'video',
    status: 'absent',
    subject: 'none',
    errors: ['InvalidPaginationTokenException', 'ResourceNotFoundException'],
  },
  GetContentModeration: {
    area: 'video',
    status: 'absent',
    subject: 'none',
    errors: ['InvalidPaginationTokenException', 'ResourceNotFoundException'],
  },
  GetFaceDetection: {
    area: 'video',
    status: 'absent',
    subject: 'none',
    errors: ['InvalidPaginationTokenException', 'ResourceNotFoundException'],
  },
  GetFaceSearch: {
    area: 'video',
    status: 'absent',
    subject: 'none',
    errors: ['InvalidPaginationTokenException', 'ResourceNotFoundException'],
  },
  GetLabelDetection: {
    area: 'video',
    status: 'absent',
    subject: 'none',
    errors: ['InvalidPaginationTokenException', 'ResourceNotFoundException'],
  },
  GetPersonTracking: {
    area: 'video',
    status: 'absent',
    subject: 'none',
    errors: ['InvalidPaginationTokenException', 'ResourceNotFoundException'],
  },
  GetSegmentDetection: {
    area: 'video',
    status: 'absent',
    subject: 'none',
    errors: ['InvalidPaginationTokenException', 'ResourceNotFoundException'],
  },
  GetTextDetection: {
    area: 'video',
    status: 'absent',
    subject: 'none',
    errors: ['InvalidPaginationTokenException', 'ResourceNotFoundException'],
  },
  StartCelebrityRecognition: {
    area: 'video',
    status: 'absent',
    subject: 'none',
    errors: [
      'IdempotentParameterMismatchException',
      'InvalidS3ObjectException',
      'LimitExceededException',
      'VideoTooLargeException',
    ],
  },
  StartContentModeration: {
    area: 'video',
    status: 'absent',
    subject: 'none',
    errors: [
      'IdempotentParameterMismatchException',
      'InvalidS3ObjectException',
      'LimitExceededException',
      'VideoTooLargeException',
    ],
  },
  StartFaceDetection: {
    area: 'video',
    status: 'absent',
    subject: 'none',
    errors: [
      'IdempotentParameterMismatchException',
      'InvalidS3ObjectException',
      'LimitExceededException',
      'VideoTooLargeException',
    ],
  },
  StartFaceSearch: {
    area: 'video',
    status: 'absent',
    subject: 'collection',
    errors: [
      'IdempotentParameterMismatchException',
      'InvalidS3ObjectException',
      'LimitExceededException',
      'ResourceNotFoundException',
      'VideoTooLargeException',
    ],
  },
  StartLabelDetection: {
    area: 'video',
    status: 'absent',
    subject: 'none',
    errors: [
      'IdempotentParameterMismatchException',
      'InvalidS3ObjectException',
      'LimitExceededException',
      'VideoTooLargeException',
    ],
  },
  StartPersonTracking: {
    area: 'video',
    status: 'absent',
    subject: 'none',
    errors: [
      'IdempotentParameterMismatchException',
      'InvalidS3ObjectException',
      'LimitExceededException',
      'VideoTooLargeException',
    ],
  },
  StartSegmentDetection: {
    area: 'video',
    status: 'absent',
    subject: 'none',
    errors: [
      'IdempotentParameterMismatchException',
      'InvalidS3ObjectException',
      'LimitExceededException',
      'VideoTooLargeException',
    ],
  },
  StartTextDetection: {
    area: 'video',
    status: 'absent',
    subject: 'none',
    errors: [
      'IdempotentParameterMismatchException',
      'InvalidS3ObjectException',
      'LimitExceededException',
      'VideoTooLargeException',
    ],
  },
  CreateStreamProcessor: {
    area: 'streams',
    status: 'absent',
    subject: 'none',
    errors: ['LimitExceededException', 'ResourceInUseException', 'ServiceQuotaExceededException'],
  },
  DeleteStreamProcessor: {
    area: 'streams',
    status: 'absent',
    subject: 'none',
    errors: ['ResourceInUseException', 'ResourceNotFoundException'],
  },
  DescribeStreamProcessor: {
    area: 'streams',
    status: 'absent',
    subject: 'none',
    errors: ['ResourceNotFoundException'],
  },
  ListStreamProcessors: {
    area: 'streams',
    status: 'absent',
    subject: 'none',
    errors: ['InvalidPaginationTokenException'],
  },
  StartStreamProcessor: {
    area: 'streams',
    status: 'absent',
    subject: 'none',
    errors: ['ResourceInUseException', 'ResourceNotFoundException'],
  },
  StopStreamProcessor: {
    area: 'streams',
    status: 'absent',
    subject: 'none',
    errors: ['ResourceInUseException', 'ResourceNotFoundException'],
  },
  UpdateStreamProcessor: {
    area: 'streams',
    status: 'absent',
    subject: 'none',
    errors: ['ResourceInUseException', 'ResourceNotFoundException'],
  },
  CopyProjectVersion: {
    area: 'custom-labels',
    status: 'absent',
    subject: 'none',
    errors: [
      'LimitExceededException',
      'ResourceInUseException',
      'ResourceNotFoundException',
      'ServiceQuotaExceededException',
    ],
  },
  CreateDataset: {
    area: 'custom-labels',
    status: 'absent',
    subject: 'none',
    errors: [
      'InvalidS3ObjectException',
      'LimitExceededException',
      'ResourceAlreadyExistsException',
      'ResourceNotFoundException',
    ],
  },
  CreateProject: {
    area: 'custom-labels',
    status: 'absent',
    subject: 'none',
    errors: ['LimitExceededException', 'ResourceInUseException'],
  },
  CreateProjectVersion: {
    area: 'custom-labels',
    status: 'absent',
    subject: 'none',
    errors: [
      'LimitExceededException',
      'ResourceInUseException',
      'ResourceNotFoundException',
      'ServiceQuotaExceededException',
    ],
  },
  DeleteDataset: {
    area: 'custom-labels',
    status: 'absent',
    subject: 'none',
    errors: ['LimitExceededException', 'ResourceInUseException', 'ResourceNotFoundException'],
  },
  DeleteProject: {
    area: 'custom-labels',
    status: 'absent',
    subject: 'none',
    errors: ['ResourceInUseException', 'ResourceNotFoundException'],
  },
  DeleteProjectPolicy: {
    area: 'custom-labels',
    status: 'absent',
    subject: 'none',
    errors: ['InvalidPolicyRevisionIdException', 'ResourceNotFoundException'],
  },
  DeleteProjectVersion: {
    area: 'custom-labels',
    status: 'absent',
    subject: 'none',
    errors: ['ResourceInUseException', 'ResourceNotFoundException'],
  },
  DescribeDataset: { area: 'custom-labels', status: 'absent', subject: 'none', errors: ['ResourceNotFoundException'] },
  DescribeProjectVersions: {
    area: 'custom-labels',
    status: 'absent',
    subject: 'none',
    errors: ['InvalidPaginationTokenException', 'ResourceNotFoundException'],
  },
  DescribeProjects: {
    area: 'custom-labels',
    status: 'absent',
    subject: 'none',
    errors: ['InvalidPaginationTokenException'],
  },
  DetectCustomLabels: {
    area: 'custom-labels',
    status: 'absent',
    subject: 'none',
    errors: [
      'ImageTooLargeException',
      'InvalidImageFormatException',
      'InvalidS3ObjectException',
      'LimitExceededException',
      'ResourceNotFoundException',
      'ResourceNotReadyException',
    ],
  },
  DistributeDatasetEntries: {
    area: 'custom-labels',
    status: 'absent',
    subject: 'none',
    errors: ['ResourceNotFoundException', 'ResourceNotReadyException'],
  },
  ListDatasetEntries: {
    area: 'custom-labels',
    status: 'absent',
    subject: 'none',
    errors: [
      'InvalidPaginationTokenException',
      'ResourceInUseException',
      'ResourceNotFoundException',
      'ResourceNotReadyException',
    ],
  },
  ListDatasetLabels: {
    area: 'custom-labels',
    status: 'absent',
    subject: 'none',
    errors: [
      'InvalidPaginationTokenException',
      'ResourceInUseException',
      'ResourceNotFoundException',
      'ResourceNotReadyException',
    ],
  },
  ListProjectPolicies: {
    area: 'custom-labels',
    status: 'absent',
    subject: 'none',
    errors: ['InvalidPaginationTokenException', 'ResourceNotFoundException'],
  },
  PutProjectPolicy: {
    area: 'custom-labels',
    status: 'absent',
    subject: 'none',
    errors: [
      'InvalidPolicyRevisionIdException',
      'LimitExceededException',
      'MalformedPolicyDocumentException',
      'ResourceAlreadyExistsException',
      'ResourceNotFoundException',
      'ServiceQuotaExceededException',
    ],
  },
  StartProjectVersion: {
    area: 'custom-labels',
    status: 'absent',
    subject: 'none',
    errors: ['LimitExceededException', 'ResourceInUseException', 'ResourceNotFoundException'],
  },
  StopProjectVersion: {
    area: 'custom-labels',
    status: 'absent',
    subject: 'none',
    errors: ['ResourceInUseException', 'ResourceNotFoundException'],
  },
  UpdateDatasetEntries: {
    area: 'custom-labels',
    status: 'absent',
    subject: 'none',
    errors: ['LimitExceededException', 'ResourceInUseException', 'ResourceNotFoundException'],
  },
  CreateFaceLivenessSession: { area: 'liveness', status: 'absent', subject: 'none', errors: [] },
  GetFaceLivenessSessionResults: {
    area: 'liveness',
    status: 'absent',
    subject: 'none',
    errors: ['SessionNotFoundException'],
  },
  GetMediaAnalysisJob: {
    area: 'media-analysis',
    status: 'absent',
    subject: 'none',
    errors: ['ResourceNotFoundException'],
  },
  ListMediaAnalysisJobs: {
    area: 'media-analysis',
    status: 'absent',
    subject: 'none',
    errors: ['InvalidPaginationTokenException'],
  },
  StartMediaAnalysisJob: {
    area: 'media-analysis',
    status: 'absent',
    subject: 'none',
    errors: [
      'IdempotentParameterMismatchException',
      'InvalidManifestException',
      'InvalidS3ObjectException',
      'LimitExceededException',
      'ResourceNotFoundException',
      'ResourceNotReadyException',
    ],
  },
} as const satisfies Record<string, OperationRow>;

/** Where an operation's code lives: one folder each under src/areas. */
export type Area =
  | 'faces'
  | 'collections'
  | 'users'
  | 'tags'
  | 'labels'
  | 'text'
  | 'moderation'
  | 'celebrities'
  | 'equipment'
  | 'video'
  | 'streams'
  | 'custom-labels'
  | 'liveness'
  | 'media-analysis';

/** One operation's row: `subject` names what in the request the gate decides about. */
export interface OperationRow {
  readonly area: Area;
  /** `built`: computed by this version; `absent`: answered with UnknownOperationException. */
  readonly status: 'built' | 'absent';
  /**
   * `collection`: the request's CollectionId; `new-collection`: one about to be made; `resource`: the ResourceArn;
   * `gallery-if-any`: the configured gallery of public figures where it stands; `none`: the key's purpose decides.
   */
  readonly subject: 'collection' | 'gallery-if-any' | 'new-collection' | 'resource' | 'none';
  readonly errors: readonly string[];
}

/** The name of any Rekognition operation. */
export type OperationName = keyof typeof operations;

/** The name of an operation that this version computes; a mapped type over it forces a handler for each. */
export type BuiltOperationName = {
  [Op in OperationName]: (typeof operations)[Op]['status'] extends 'built' ? Op : never;
}[OperationName];

/** Errors that every operation may answer. */
export const commonErrors = [
  'AccessDeniedException',
  'InternalServerError',
  'InvalidParameterException',
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
] as const;
