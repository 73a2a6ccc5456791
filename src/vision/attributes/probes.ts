import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot, readData } from '../../shared/package-root.ts';
import { decodeHalf } from '../recipe/half-precision.ts';
import { ProbesCorruptError } from './errors.ts';

/** What a probe tells. */
export type ProbeField = 'eyeglasses' | 'sunglasses' | 'beard' | 'mustache';

/** The probes' fields, in the order of the labels' columns. */
export const PROBE_FIELDS: readonly ProbeField[] = ['eyeglasses', 'sunglasses', 'beard', 'mustache'];

/** How well a probe did on people it was not trained with. */
export interface ProbeFigures {
  readonly positives: number;
  readonly negatives: number;
  /** Area under the ROC curve, 0..1. */
  readonly auc: number;
  /** Share of right answers, 0..1. */
  readonly accuracy: number;
  /** Mean of the shares of positives and of negatives that were told, 0..1. */
  readonly balancedAccuracy: number;
}

/** data/probes.json: what the numbers in the binary file are, where they came from and how well they do. */
export interface ProbesHeader {
  readonly format: 1;
  /** Half precision, little-endian: the mean feature `[1024]`, then the weights of each probe `[1024]`. */
  readonly binary: { readonly file: string; readonly sha256: string };
  readonly dimensions: number;
  /** Multiplies every centred feature. */
  readonly featureScale: number;
  readonly probes: readonly {
    readonly field: ProbeField;
    readonly bias: number;
    /** Platt scaling: log-odds = slope * score + offset. */
    readonly slope: number;
    readonly offset: number;
    readonly crossValidated: ProbeFigures;
  }[];
  readonly learnedWith: Readonly<Record<string, number>>;
  readonly provenance: Readonly<Record<string, string | number>>;
}

/** A linear probe, ready to run: log-odds = weights . feature + bias. */
export interface Probe {
  readonly field: ProbeField;
  /** `[1024]`, on the normalised and centred feature. */
  readonly weights: Float32Array;
  readonly bias: number;
}

/** All probes and how the feature is prepared for them. */
export interface Probes {
  readonly mean: Float32Array;
  readonly featureScale: number;
  readonly probes: readonly Probe[];
}

const HEADER_FILE = 'probes.json';

/**
 * Reads the probes from data/, checked against the digest and the sizes of their header; 10 kB.
 *
 * @throws {ProbesCorruptError} when header and binary disagree
 */
export function openProbes(): Probes {
  const header = readData<ProbesHeader>(HEADER_FILE);
  if (header.format !== 1) throw new ProbesCorruptError(HEADER_FILE, `format ${header.format} is not 1`);
  const { file, sha256 } = header.binary;
  const bytes = readFileSync(join(packageRoot(), 'data', file));
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) {
    throw new ProbesCorruptError(file, `its SHA-256 is not the one in ${HEADER_FILE}`);
  }
  const numbers = decodeHalf(bytes);
  const { dimensions } = header;
  if (numbers.length !== dimensions * (header.probes.length + 1)) {
    throw new ProbesCorruptError(
      file,
      `it holds ${numbers.length} numbers, not ${header.probes.length + 1} rows of ${dimensions}`,
    );
  }
  return {
    mean: numbers.slice(0, dimensions),
    featureScale: header.featureScale,
    probes: header.probes.map(({ field, bias, slope, offset }, i) => ({
      field,
      weights: numbers.slice((i + 1) * dimensions, (i + 2) * dimensions).map((w) => slope * w),
      bias: slope * bias + offset,
    })),
  };
}

/**
 * Brings a raw faceres feature into the form that probes are trained on: the square root of each element, then unit length.
 *
 * @param feature `[1024]`, not negative: it comes out of a rectifier
 */
export function normaliseFeature(feature: Float32Array): Float32Array {
  const roots = feature.map((x) => Math.sqrt(Math.max(0, x)));
  const length = Math.hypot(...roots) || 1;
  return roots.map((x) => x / length);
}

/**
 * Calibrated log-odds of every probe's field being true; zero is even.
 *
 * @param feature `[1024]`, raw: `FaceresOutputs.feature`
 */
export function probeLogits({ mean, featureScale, probes }: Probes, feature: Float32Array): Record<ProbeField, number> {
  const x = normaliseFeature(feature);
  const logits: Record<ProbeField, number> = { eyeglasses: 0, sunglasses: 0, beard: 0, mustache: 0 };
  for (const { field, weights, bias } of probes) {
    let sum = 0;
    for (let k = 0; k < weights.length; k++) {
      sum += (weights[k] as number) * ((x[k] as number) - (mean[k] as number));
    }
    logits[field] = featureScale * sum + bias;
  }
  return logits;
}
