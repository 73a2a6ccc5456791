export { UnknownFaceModelError, VisionBusyError, VisionFailedError } from './errors.ts';
export type {
  DetectedFaces,
  DetectFacesOptions,
  EmbeddedFace,
  EmbeddedFaces,
  EmbedFacesOptions,
  EmotionName,
  EncodedImage,
  FaceAttribute,
  FaceAttributes,
  FaceCalibration,
  FaceDetector,
  FaceEmbedder,
  FaceModels,
  FaceObservation,
  FaceTemplate,
  Judgement,
  LandmarkName,
  QualityFilter,
  RejectedFace,
  RejectionReason,
} from './faces.ts';
export {
  type CalibrationData,
  decadesOfSimilarity,
  faceModels,
  readCalibration,
} from './recipe/calibration.ts';
export { type ProfileName, profiles } from './recipe/profiles.ts';
