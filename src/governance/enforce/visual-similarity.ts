import type { VisualFeature, VisualFeatureReader } from '../../vision/index.ts';
import type { VisualSimilarity } from '../capabilities.ts';
import type { GrantNotes } from '../notes.ts';
import type { ImageMemory } from './image-memory.ts';

const kind = 'visual-feature';
/** What a feature takes beside its numbers. */
const overheadBytes = 512;

/**
 * Similarity of whole pictures for one grant: looks at an image once, remembers its feature for this person and purpose
 * alone, and counts what was looked at and compared. A feature never leaves the process.
 *
 * @param similarityOf 0..100, of features of one version
 */
export function rememberVisualFeatures(
  parts: {
    readonly version: string;
    readonly reader: VisualFeatureReader;
    readonly similarityOf: (a: VisualFeature, b: VisualFeature) => number;
  },
  notes: GrantNotes,
  memory: ImageMemory,
): VisualSimilarity {
  const recall = (sha256: string): VisualFeature | undefined => {
    const feature = memory.get<VisualFeature>(kind, sha256);
    return feature?.version === parts.version ? feature : undefined;
  };
  return {
    version: parts.version,
    recall,
    async look(image, sha256, signal) {
      const known = recall(sha256);
      if (known !== undefined) return known;
      const feature = await parts.reader.visualFeature(image, signal);
      notes.count('imagesLookedAt', 1);
      const numbers = feature.content.length + feature.colours.length;
      memory.set(kind, sha256, feature, numbers * Float32Array.BYTES_PER_ELEMENT + overheadBytes);
      return feature;
    },
    similarity(a, b) {
      notes.count('imagesCompared', 1);
      return parts.similarityOf(a, b);
    },
  };
}
