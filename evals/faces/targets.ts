import type { CrowdResult } from './detection.ts';
import type { Verification } from './verification.ts';

/** A figure that was to be reached, and whether it was. */
export interface Target {
  readonly figure: string;
  /** Shares are 0..1. */
  readonly unit: 'share' | 'count';
  readonly reached: number;
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly met: boolean;
}

const WANTED_TAR: readonly (readonly [number, number])[] = [
  [1e-3, 0.975],
  [1e-4, 0.92],
  [1e-5, 0.83],
];

/** What `accurate` is held to on LFW, cross-validated, label errors included. */
export function verificationTargets(result: Verification): Target[] {
  const tars = WANTED_TAR.map(([far, atLeast]) => {
    const reached = result.operatingPoints.find((point) => point.far === far)?.tar ?? 0;
    return lowest(`TAR at FAR ${far.toExponential()}`, 'share', reached, atLeast);
  });
  return [lowest('accuracy', 'share', result.accuracy, 0.992), ...tars];
}

/** What detection is held to on the pictures with a hundred pasted faces. */
export function detectionTargets(crowds: readonly CrowdResult[]): Target[] {
  return crowds.flatMap(({ facePixels, found, extra }) => {
    const wanted = facePixels === 40 ? 98 : facePixels === 24 ? 90 : undefined;
    if (wanted === undefined) return [];
    const boxes: Target = {
      unit: 'count',
      figure: `false boxes at ${facePixels} px`,
      reached: extra,
      atMost: 15,
      met: extra <= 15,
    };
    return [lowest(`faces of 100 found at ${facePixels} px`, 'count', found, wanted), boxes];
  });
}

function lowest(figure: string, unit: Target['unit'], reached: number, atLeast: number): Target {
  return { figure, unit, reached, atLeast, met: reached >= atLeast };
}
