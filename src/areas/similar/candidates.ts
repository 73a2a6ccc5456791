import { limits, ServiceError } from '../../contract/index.ts';
import type { Capabilities } from '../../governance/index.ts';
import { type FoundImage, isDigest, type NamedImage, requestedImage } from './named-image.ts';

/** What became of a candidate, by its place in the request. */
export type Judged =
  | { readonly kind: 'similar'; readonly candidate: number; readonly sha256: string; readonly similarity: number }
  | { readonly kind: 'not-held'; readonly candidate: number }
  | { readonly kind: 'failed'; readonly candidate: number; readonly error: ServiceError };

/** @throws {ServiceError} InvalidParameterException where there are none or too many */
export function requireBounds(candidates: readonly NamedImage[]): void {
  const { candidates: most, pictures: mostPictures } = limits.similarImages;
  if (candidates.length < 1 || candidates.length > most) {
    throw new ServiceError('InvalidParameterException', `Request has invalid parameters: 1 to ${most} candidates.`);
  }
  if (candidates.filter((candidate) => !isDigest(candidate)).length > mostPictures) {
    throw new ServiceError(
      'InvalidParameterException',
      `Request has invalid parameters: at most ${mostPictures} candidates are files or objects; name others by sha256.`,
    );
  }
}

/**
 * Judges each candidate, a few pictures at a time. One that cannot be read or looked at fails alone.
 *
 * @param judge 0..100; undefined where the digest alone was sent and nothing is held for it
 * @throws {ServiceError} ThrottlingException where the server is too busy for any
 */
export async function judgeCandidates(
  candidates: readonly NamedImage[],
  { images, errorTerms }: Pick<Capabilities, 'images' | 'errorTerms'>,
  signal: AbortSignal,
  judge: (found: FoundImage) => Promise<number | undefined>,
): Promise<readonly Judged[]> {
  const judged: Judged[] = [];
  const waiting = candidates.entries();
  const work = async (): Promise<void> => {
    for (const [candidate, named] of waiting) {
      signal.throwIfAborted();
      judged.push(await judgeOne(candidate, named));
    }
  };
  const judgeOne = async (candidate: number, named: NamedImage): Promise<Judged> => {
    try {
      const found = await requestedImage(named, images, signal);
      const similarity = await judge(found);
      if (similarity === undefined) return { kind: 'not-held', candidate };
      return { kind: 'similar', candidate, sha256: found.sha256, similarity };
    } catch (cause) {
      signal.throwIfAborted();
      const error = errorTerms.say(cause);
      if (error === undefined || error.code === 'ThrottlingException') throw cause;
      return { kind: 'failed', candidate, error };
    }
  };
  await Promise.all(Array.from({ length: limits.similarImages.atOnce }, work));
  return judged.sort((a, b) => a.candidate - b.candidate);
}
