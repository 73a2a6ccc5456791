import type { Box } from '../../shared/geometry.ts';
import type { EncodedImage, FaceEmbedder, FaceTemplate } from '../../vision/index.ts';
import type { FaceSearch } from '../capabilities.ts';

/** Where a template of this call came from: a face in an image that was sent, or a stored face or user. */
export type ProbeSource =
  | { readonly kind: 'image'; readonly image: EncodedImage; readonly box: Box }
  | { readonly kind: 'face'; readonly faceId: string }
  | { readonly kind: 'user'; readonly userId: string };

/** What one call's templates show, known to the wrappers around its capabilities and to nothing else. */
export interface ProbeSheet {
  note(template: FaceTemplate, source: ProbeSource): void;
  /**
   * @throws {Error} for a template that came by none of the call's capabilities: what is searched with and cannot be
   * shown to a reviewer is not searched
   */
  sourceOf(template: FaceTemplate): ProbeSource;
}

/** A sheet for one call; forgotten with it. */
export function createProbeSheet(): ProbeSheet {
  const sources = new WeakMap<FaceTemplate, ProbeSource>();
  return {
    note: (template, source) => void sources.set(template, source),
    sourceOf(template) {
      const source = sources.get(template);
      if (source === undefined)
        throw new Error('a template was used that came by none of the capabilities of its call');
      return source;
    },
  };
}

/** An embedder that notes which face of which image each template shows. */
export function noteEmbedded(embedder: FaceEmbedder, sheet: ProbeSheet): FaceEmbedder {
  return {
    async embed(image, options, signal) {
      const found = await embedder.embed(image, options, signal);
      for (const { template, box } of found.accepted) sheet.note(template, { kind: 'image', image, box });
      return found;
    },
  };
}

/** A search whose stored probes are noted. */
export function noteStoredProbes(search: FaceSearch, sheet: ProbeSheet): FaceSearch {
  return {
    searchFaces: (probe, options, signal) => search.searchFaces(probe, options, signal),
    searchUsers: (probe, options, signal) => search.searchUsers(probe, options, signal),
    async faceProbe(faceId) {
      const template = await search.faceProbe(faceId);
      if (template !== undefined) sheet.note(template, { kind: 'face', faceId });
      return template;
    },
    async userProbe(userId) {
      const template = await search.userProbe(userId);
      if (template !== undefined) sheet.note(template, { kind: 'user', userId });
      return template;
    },
  };
}
