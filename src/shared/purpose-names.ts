/** The six purposes, in the order of the policy's table; a closed list. */
export const purposeNames = [
  'photo-library',
  'media-archive',
  'identity-verification',
  'access-control',
  'family-reunification',
  'evaluation',
] as const;

/** A purpose that a collection can be made for. */
export type PurposeName = (typeof purposeNames)[number];
