import type { FaceAttribute } from '../faces.ts';

/** Labels that tell an attribute of a face, and so are told only where that attribute may be. */
const ATTRIBUTE_OF: Readonly<Record<string, FaceAttribute>> = {
  Beard: 'beard',
  Glasses: 'eyeglasses',
  Mustache: 'mustache',
  Smile: 'smile',
  Sunglasses: 'sunglasses',
};

/** Whether a source that looks at whole pictures may tell a label under what a grant lets be told of faces. */
export function mayTell(name: string, attributes: ReadonlySet<FaceAttribute>): boolean {
  const attribute = ATTRIBUTE_OF[name];
  return attribute === undefined || attributes.has(attribute);
}
