import type { FaceObservation, QualityFilter, RejectionReason } from '../faces.ts';

/** The least that a face must have under one quality filter; see data/quality.json for the measurement behind. */
export interface QualityThresholds {
  /** 0..100 */
  readonly minConfidence: number;
  /** Pixels of the upright photo, of the box's shorter side. */
  readonly minBoxPixels: number;
  /** 0..100 */
  readonly minBrightness: number;
  /** 0..100: an overexposed face fails as one too dark does. */
  readonly maxBrightness: number;
  /** 0..100 */
  readonly minSharpness: number;
  /** Degrees either way. */
  readonly maxYaw: number;
  /** Degrees either way. */
  readonly maxPitch: number;
}

/** Thresholds of every filter; NONE has none. */
export type QualityTable = Readonly<Record<Exclude<QualityFilter, 'NONE'>, QualityThresholds>>;

type Observed = Pick<FaceObservation, 'box' | 'confidence' | 'pose' | 'quality'>;

/**
 * Tells what a face lacks under a filter; nothing means that it passes.
 *
 * @param width of the upright photo in pixels
 * @param height of the upright photo in pixels
 */
export function faultsOf(
  table: QualityTable,
  filter: QualityFilter,
  face: Observed,
  width: number,
  height: number,
): RejectionReason[] {
  if (filter === 'NONE') return [];
  const least = table[filter];
  const faults: RejectionReason[] = [];
  const side = Math.min(face.box.width * width, face.box.height * height);
  const { brightness, sharpness } = face.quality;
  if (face.confidence < least.minConfidence) faults.push('LOW_CONFIDENCE');
  if (side < least.minBoxPixels) faults.push('SMALL_BOUNDING_BOX');
  if (brightness < least.minBrightness || brightness > least.maxBrightness) faults.push('LOW_BRIGHTNESS');
  if (sharpness < least.minSharpness) faults.push('LOW_SHARPNESS');
  if (Math.abs(face.pose.yaw) > least.maxYaw || Math.abs(face.pose.pitch) > least.maxPitch) {
    faults.push('EXTREME_POSE');
  }
  return faults;
}

/**
 * One number for how usable a face is, 0..1: decides who is dropped first above a limit of faces. Each measurement counts
 * as the share of what the filter HIGH asks for, and the worst of them decides.
 */
export function gradeOf(table: QualityTable, face: Observed, width: number, height: number): number {
  const high = table.HIGH;
  const side = Math.min(face.box.width * width, face.box.height * height);
  const turned = Math.max(Math.abs(face.pose.yaw) / high.maxYaw, Math.abs(face.pose.pitch) / high.maxPitch, 1e-6);
  return Math.min(
    1,
    face.confidence / high.minConfidence,
    side / high.minBoxPixels,
    face.quality.brightness / high.minBrightness,
    face.quality.sharpness / high.minSharpness,
    1 / turned,
  );
}
