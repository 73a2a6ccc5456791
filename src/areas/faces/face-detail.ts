import type { Attribute, BoundingBox, ComparedFace, Face, FaceDetail } from '@aws-sdk/client-rekognition';
import type { Box } from '../../shared/geometry.ts';
import type { FaceRecord } from '../../stores/ports/index.ts';
import type { FaceAttribute, FaceObservation } from '../../vision/index.ts';

const attributeOf: Partial<Record<Attribute, FaceAttribute>> = {
  AGE_RANGE: 'ageRange',
  BEARD: 'beard',
  EMOTIONS: 'emotions',
  EYE_DIRECTION: 'eyeDirection',
  EYEGLASSES: 'eyeglasses',
  EYES_OPEN: 'eyesOpen',
  GENDER: 'gender',
  MOUTH_OPEN: 'mouthOpen',
  MUSTACHE: 'mustache',
  SMILE: 'smile',
  SUNGLASSES: 'sunglasses',
};

/** AWS answers five landmarks by default, all of them only for ALL. */
const defaultLandmarks = 5;

/** What a request's list of attributes asks for. */
export interface AskedAttributes {
  readonly attributes: ReadonlySet<FaceAttribute>;
  readonly allLandmarks: boolean;
}

/** Reads AWS's list of attributes: none means DEFAULT, ALL wins over everything. FACE_OCCLUDED has no model and adds nothing. */
export function askedAttributes(listed: readonly Attribute[] | undefined): AskedAttributes {
  if (listed?.includes('ALL')) return { attributes: new Set(Object.values(attributeOf)), allLandmarks: true };
  const attributes = (listed ?? []).flatMap((name) => attributeOf[name] ?? []);
  return { attributes: new Set(attributes), allLandmarks: false };
}

/** A box in AWS's shape. */
export function boundingBox(box: Box): BoundingBox {
  return { Width: box.width, Height: box.height, Left: box.left, Top: box.top };
}

function wirePose(pose: FaceObservation['pose']) {
  return { Roll: pose.roll, Yaw: pose.yaw, Pitch: pose.pitch };
}

function wireQuality(quality: FaceObservation['quality']) {
  return { Brightness: quality.brightness, Sharpness: quality.sharpness };
}

function wireLandmarks(face: FaceObservation, all: boolean) {
  const told = all ? face.landmarks : face.landmarks.slice(0, defaultLandmarks);
  return told.map(({ type, x, y }) => ({ Type: type, X: x, Y: y }));
}

function wireJudgement<Value>(judgement: { readonly value: Value; readonly confidence: number }) {
  return { Value: judgement.value, Confidence: judgement.confidence };
}

/** A face in AWS's FaceDetail shape; what was not asked for, or could not be told, is left out. */
export function faceDetail(face: FaceObservation, asked: AskedAttributes): FaceDetail {
  const told = face.attributes;
  return {
    BoundingBox: boundingBox(face.box),
    ...(told.ageRange && { AgeRange: { Low: told.ageRange.low, High: told.ageRange.high } }),
    ...(told.smile && { Smile: wireJudgement(told.smile) }),
    ...(told.eyeglasses && { Eyeglasses: wireJudgement(told.eyeglasses) }),
    ...(told.sunglasses && { Sunglasses: wireJudgement(told.sunglasses) }),
    ...(told.gender && { Gender: wireJudgement(told.gender) }),
    ...(told.beard && { Beard: wireJudgement(told.beard) }),
    ...(told.mustache && { Mustache: wireJudgement(told.mustache) }),
    ...(told.eyesOpen && { EyesOpen: wireJudgement(told.eyesOpen) }),
    ...(told.mouthOpen && { MouthOpen: wireJudgement(told.mouthOpen) }),
    ...(told.emotions && {
      Emotions: told.emotions.map(({ type, confidence }) => ({ Type: type, Confidence: confidence })),
    }),
    Landmarks: wireLandmarks(face, asked.allLandmarks),
    Pose: wirePose(face.pose),
    Quality: wireQuality(face.quality),
    Confidence: face.confidence,
    ...(told.eyeDirection && {
      EyeDirection: {
        Yaw: told.eyeDirection.yaw,
        Pitch: told.eyeDirection.pitch,
        Confidence: told.eyeDirection.confidence,
      },
    }),
  };
}

/** A face in AWS's ComparedFace shape, with the five default landmarks. */
export function comparedFace(face: FaceObservation): ComparedFace {
  return {
    BoundingBox: boundingBox(face.box),
    Confidence: face.confidence,
    Landmarks: wireLandmarks(face, false),
    Pose: wirePose(face.pose),
    Quality: wireQuality(face.quality),
  };
}

/** As {@link comparedFace}, with what RecognizeCelebrities tells of the expression, where it may be told. */
export function comparedFaceWithExpression(face: FaceObservation): ComparedFace {
  const { emotions, smile } = face.attributes;
  return {
    ...comparedFace(face),
    ...(emotions && { Emotions: emotions.map(({ type, confidence }) => ({ Type: type, Confidence: confidence })) }),
    ...(smile && { Smile: wireJudgement(smile) }),
  };
}

/** A stored face in AWS's Face shape. */
export function wireFace(face: FaceRecord): Face {
  return {
    FaceId: face.faceId,
    BoundingBox: boundingBox(face.box),
    ImageId: face.imageId,
    ...(face.externalImageId !== undefined && { ExternalImageId: face.externalImageId }),
    Confidence: face.confidence,
    IndexFacesModelVersion: face.modelVersion,
    ...(face.userId !== undefined && { UserId: face.userId }),
  };
}
