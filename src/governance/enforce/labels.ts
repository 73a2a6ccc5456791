import type { FaceAttribute, LabelDetector } from '../../vision/index.ts';
import type { GrantNotes } from '../notes.ts';
import type { AttributeGrant } from './attributes.ts';

/**
 * A detector of labels that looks at no attribute of faces that the grant withholds. What is withheld from minors only
 * is withheld from all here: a label is told of a picture, and the picture may show both.
 */
export function withholdFromLabels(detector: LabelDetector, grant: AttributeGrant, notes: GrantNotes): LabelDetector {
  const withheld = new Set<FaceAttribute>([...grant.withheldAttributes, ...grant.withheldFromMinors]);
  return {
    async detectLabels(image, options, signal) {
      const allowed = [...options.attributes].filter((attribute) => !withheld.has(attribute));
      for (const attribute of options.attributes) if (withheld.has(attribute)) notes.withheld(attribute);
      const found = await detector.detectLabels(image, { ...options, attributes: new Set(allowed) }, signal);
      const faces = found.labels.find(({ name }) => name === 'Face');
      notes.count('labelsFound', found.labels.length);
      notes.count('facesFound', faces?.instances.length ?? 0);
      return found;
    },
  };
}
