export { compareFaces } from './compareFaces.ts';
export { deleteFaces } from './deleteFaces.ts';
export { detectFaces } from './detectFaces.ts';
export {
  askedAttributes,
  boundingBox,
  comparedFace,
  comparedFaceWithExpression,
  faceDetail,
  wireFace,
} from './face-detail.ts';
export { indexFaces } from './indexFaces.ts';
export { largestOnly } from './largest-only.ts';
export { listFaces } from './listFaces.ts';
export { searchFaces } from './searchFaces.ts';
export { searchFacesByImage } from './searchFacesByImage.ts';
