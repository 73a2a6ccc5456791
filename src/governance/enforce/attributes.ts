import type { FaceAttribute, FaceAttributes, FaceDetector, FaceEmbedder, FaceObservation } from '../../vision/index.ts';
import type { Grant } from '../grant.ts';
import type { GrantNotes } from '../notes.ts';

/** The part of a grant that decides about attributes. */
export type AttributeGrant = Pick<Grant, 'withheldAttributes' | 'withheldFromMinors'>;

const majority = 18;

/**
 * A detector that neither computes nor answers what the grant withholds. What is withheld from minors only is
 * answered for a face whose whole estimated age range is 18 or above, and withheld where no age can be told.
 */
export function withholdFromDetector(detector: FaceDetector, grant: AttributeGrant, notes: GrantNotes): FaceDetector {
  return {
    async detect(image, options, signal) {
      const asked = askedOf(options.attributes, grant, notes);
      const found = await detector.detect(image, { ...options, attributes: asked }, signal);
      notes.count('facesFound', found.faces.length);
      return { ...found, faces: found.faces.map((face) => withheldFrom(face, options.attributes, grant, notes)) };
    },
  };
}

/** An embedder under the same rule as {@link withholdFromDetector}. */
export function withholdFromEmbedder(embedder: FaceEmbedder, grant: AttributeGrant, notes: GrantNotes): FaceEmbedder {
  return {
    async embed(image, options, signal) {
      const asked = askedOf(options.attributes, grant, notes);
      const found = await embedder.embed(image, { ...options, attributes: asked }, signal);
      notes.count('facesFound', found.accepted.length + found.rejected.length);
      notes.count('facesEmbedded', found.accepted.length);
      return {
        ...found,
        accepted: found.accepted.map((face) => withheldFrom(face, options.attributes, grant, notes)),
        rejected: found.rejected.map((face) => withheldFrom(face, options.attributes, grant, notes)),
      };
    },
  };
}

/** What is asked of the models: without the withheld, with the age where it decides. */
function askedOf(
  requested: ReadonlySet<FaceAttribute>,
  grant: AttributeGrant,
  notes: GrantNotes,
): ReadonlySet<FaceAttribute> {
  const asked = new Set(requested);
  for (const attribute of grant.withheldAttributes) {
    if (asked.delete(attribute)) notes.withheld(attribute);
  }
  if (grant.withheldFromMinors.some((attribute) => asked.has(attribute))) asked.add('ageRange');
  return asked;
}

/** The face with what was requested and may be told; models that answer more than they were asked change nothing. */
function withheldFrom<Face extends FaceObservation>(
  face: Face,
  requested: ReadonlySet<FaceAttribute>,
  grant: AttributeGrant,
  notes: GrantNotes,
): Face {
  const adult = (face.attributes.ageRange?.low ?? 0) >= majority;
  const told = Object.entries(face.attributes).filter(([name]) => {
    const attribute = name as FaceAttribute;
    if (!requested.has(attribute)) return false;
    const withheld =
      grant.withheldAttributes.includes(attribute) || (!adult && grant.withheldFromMinors.includes(attribute));
    if (withheld) notes.withheld(attribute);
    return !withheld;
  });
  return { ...face, attributes: Object.fromEntries(told) as FaceAttributes };
}
