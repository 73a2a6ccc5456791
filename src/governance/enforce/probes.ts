import type { ImageReader } from '../capabilities.ts';
import type { Grant } from '../grant.ts';
import type { GrantNotes } from '../notes.ts';

/** Operations whose images are searched or compared with; images that are enrolled or only looked at are no probes. */
const probing: ReadonlySet<string> = new Set([
  'CompareFaces',
  'RecognizeCelebrities',
  'SearchFacesByImage',
  'SearchUsersByImage',
]);

/**
 * An image reader that notes a keyed hash of each image that is a probe, so that the audit recognises one that comes
 * again and tells of none.
 *
 * @param hash hex HMAC of the image's bytes under the server's key for probes
 */
export function noteProbes(
  images: ImageReader,
  grant: Pick<Grant, 'operation'>,
  notes: GrantNotes,
  hash: (bytes: Uint8Array) => string,
): ImageReader {
  if (!probing.has(grant.operation)) return images;
  return {
    async read(image, signal, bounds) {
      const found = await images.read(image, signal, bounds);
      notes.probe(hash(found.bytes));
      return found;
    },
  };
}
