export type {
  BodyPart,
  BodyPartFinding,
  EquipmentDetector,
  EquipmentFinding,
  EquipmentFindings,
  EquipmentType,
  PersonFinding,
} from './equipment/port.ts';
export {
  PackMissingError,
  UncalibratedFaceModelError,
  UnknownFaceModelError,
  VisionBusyError,
  VisionFailedError,
} from './errors.ts';
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
  FaceCropper,
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
export type {
  DetectedLabels,
  DetectLabelsOptions,
  DominantColour,
  ImageLook,
  LabelCoverage,
  LabelDetector,
  LabelInstance,
  LabelSourceVersion,
  LookOfArea,
  RawLabel,
} from './labels/port.ts';
export type {
  ModerationDetector,
  ModerationFindings,
  RawContentType,
  RawModerationLabel,
} from './moderation/port.ts';
export {
  type CalibrationData,
  calibrationText,
  decadesOfSimilarity,
  describeCalibration,
  type FaceProfileName,
  faceModels,
  type PackCalibration,
  type ProfileName,
  profiles,
  readCalibration,
  sfaceProfile,
} from './recipe/index.ts';
export type { VisualFeature, VisualFeatureReader } from './similar/port.ts';
export { fusedScore, similarityOf } from './similar/similarity.ts';
export { visualFeatureVersion } from './similar/version.ts';
export {
  createTextReader,
  type Quad,
  type ReadLine,
  type ReadTextOptions,
  type ReadWord,
  type TextReader,
} from './text/index.ts';
