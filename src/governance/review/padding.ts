/** A body with filling, so that the length of what is sealed tells nothing of what is in it. */
export interface Padded<Body> {
  readonly body: Body;
  readonly filling: string;
}

/** Every case and review is sealed at this length, or a multiple of it: 20 candidates with long ids fit. */
export const caseBucketBytes = 32 * 1024;
/** The pictures of a case: 22 crops of up to 13 KiB, as faces of 192 pixels are, fit in one. */
export const picturesBucketBytes = 384 * 1024;
/** One kept crop of an enrolled face. */
export const cropBucketBytes = 16 * 1024;

/** Fills a body up, so that its JSON has a length in bytes that is a multiple of `bucketBytes`. */
export function padded<Body>(body: Body, bucketBytes: number): Padded<Body> {
  const bare = Buffer.byteLength(JSON.stringify({ body, filling: '' }), 'utf8');
  return { body, filling: '.'.repeat((bucketBytes - (bare % bucketBytes)) % bucketBytes) };
}

/** The body of what {@link padded} made. */
export function unpadded<Body>(kept: unknown): Body {
  return (kept as Padded<Body>).body;
}
