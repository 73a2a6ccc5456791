export { type FolderBuckets, folderBuckets } from './folder-buckets.ts';
export { type ImageReference, type ObjectReader, SourceError, type SourceFault } from './images.ts';
export { type ObjectReaderOptions, type OpenObjectReader, openObjectReader } from './object-reader.ts';
export { type S3Buckets, type S3BucketsOptions, type S3Credentials, s3Buckets } from './s3-buckets.ts';
