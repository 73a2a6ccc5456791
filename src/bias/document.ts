import { canonicalJson, sha256Hex } from '../shared/canonical-json.ts';
import { type Signed, type Signer, signDocument } from '../shared/signing.ts';
import { percentOf } from './figures.ts';
import { type BiasMeasurement, measureBias, type ProtocolOptions } from './measure.ts';
import type { ScoredPair } from './scored-pairs.ts';

/** Where the labels came from, by digest: whoever has the files can hold them against the report. */
export interface ReportData {
  /** `pairs`: this server scored images; `scores`: scores were brought along, and which model made them is not known. */
  readonly form: 'pairs' | 'scores';
  /** SHA-256 of each file as it was read, by its part: pairs, groups, scores. */
  readonly files: Readonly<Record<string, string>>;
  readonly identities: 'stated' | 'derived';
  readonly repeatedPairs: number;
}

/** What the server that signs says of itself. */
export interface ReportOrigin {
  /** Such as `likeness 0.1.0`. */
  readonly software: string;
  /** When it was signed, ISO 8601. */
  readonly signedAt: string;
  readonly policy: { readonly version: string; readonly digest: string };
  /** Absent where the scores were brought along. */
  readonly faceModelVersion?: string;
  readonly models?: readonly { readonly id: string; readonly sha256: string }[];
}

/** A bias report before it is signed. */
export interface BiasReport {
  readonly kind: 'likeness/bias-report';
  readonly format: 1;
  readonly protocol: {
    readonly standard: string;
    readonly threshold: number;
    /** Why this one. */
    readonly thresholdFrom: string;
    readonly confidence: number;
    readonly replicates: number;
    readonly seed: number;
    readonly minPeople: number;
    readonly aims: Readonly<Record<string, number>>;
    readonly scale: { readonly low: number; readonly high: number };
  };
  readonly data: ReportData;
  readonly measurement: BiasMeasurement;
  readonly cautions: readonly string[];
}

/** A bias report as it is given out. */
export type SignedBiasReport = Signed<BiasReport & { readonly origin: ReportOrigin }>;

/** Measures scored pairs and puts the report together. */
export function makeBiasReport(
  pairs: readonly ScoredPair[],
  options: ProtocolOptions & { readonly thresholdFrom: string; readonly data: ReportData },
): BiasReport {
  const { data, thresholdFrom, floors, scale, threshold, confidence, replicates, seed } = options;
  const measurement = measureBias(pairs, options);
  return {
    kind: 'likeness/bias-report',
    format: 1,
    protocol: {
      standard: 'after ISO/IEC 19795-10:2024; not certified to it',
      threshold,
      thresholdFrom,
      confidence,
      replicates,
      seed,
      minPeople: floors.minPeople,
      aims: { ...floors.aims },
      scale: { ...scale },
    },
    data,
    measurement,
    cautions: cautionsOf(measurement, data, confidence),
  };
}

/**
 * Signs a report with what the server says of itself.
 *
 * The signature vouches for the text from here on. It does not vouch for labels, nor for scores that were brought along.
 */
export function signBiasReport(signer: Signer, report: BiasReport, origin: ReportOrigin): SignedBiasReport {
  const { faceModelVersion, models, ...always } = origin;
  // Member by member: what a client slipped in beside them is not signed.
  const { kind, format, protocol, data, measurement, cautions } = report;
  const known = data.form === 'pairs';
  return signDocument(signer, {
    kind,
    format,
    protocol,
    data,
    measurement,
    cautions,
    origin: {
      ...always,
      ...(known && faceModelVersion !== undefined && { faceModelVersion }),
      ...(known && models !== undefined && { models }),
    },
  });
}

/** Whether a value looks like a report that this version makes; what is in it is the evaluator's word. */
export function isBiasReport(value: unknown): value is BiasReport {
  const { kind, format, protocol, data, measurement, cautions } = (value ?? {}) as Partial<
    Record<keyof BiasReport, unknown>
  >;
  const form = (data as Partial<ReportData> | undefined)?.form;
  return (
    kind === 'likeness/bias-report' &&
    format === 1 &&
    typeof protocol === 'object' &&
    typeof measurement === 'object' &&
    Array.isArray(cautions) &&
    (form === 'pairs' || form === 'scores')
  );
}

/** The text of the signed report as it is written to a file, and its SHA-256. */
export function reportText(report: SignedBiasReport): { readonly text: string; readonly sha256: string } {
  const text = `${canonicalJson(report)}\n`;
  return { text, sha256: sha256Hex(text) };
}

function cautionsOf({ differentials, ratiosLookedAt, pairs }: BiasMeasurement, data: ReportData, confidence: number) {
  const looks = Math.max(1, ratiosLookedAt);
  const leftOut = [...new Set(differentials.flatMap((each) => each.leftOut))];
  return [
    'Groups are as people reported or curators labelled them; nothing here was predicted from a face.',
    'The figures are of these images, at this threshold, with this model. Other cameras, light, ages or a gallery of other people give other figures.',
    ...(looks > 1
      ? [
          `${looks} ratios were looked at. Of so many, one in ${Math.round(1 / (1 - confidence))} intervals taken by itself misses the truth by chance; a differential is called shown only where the interval at ${percentOf(1 - (1 - confidence) / looks)} leaves 1 out.`,
        ]
      : []),
    'Where no differential is shown, none is disproved: see the far end of its interval for what the sample cannot rule out.',
    ...(leftOut.length > 0 ? [`Too few people for any comparison: ${leftOut.join(', ')}.`] : []),
    ...(data.identities === 'derived'
      ? [
          'The files do not say who is who: images joined by same = 1 were taken for one person, all others for different people. If more images show one person, intervals are too narrow; add person columns.',
        ]
      : []),
    ...(pairs.withoutGroup > 0
      ? [`${pairs.withoutGroup} pairs have an image without a group and are in no figure.`]
      : []),
    ...(pairs.genuineAcrossGroups > 0
      ? [
          `${pairs.genuineAcrossGroups} pairs of one person lie across two groups and are in no group's rate; with groups of images rather than of people, two groups share people and their ratios' intervals are too wide rather than too narrow.`,
        ]
      : []),
    ...(data.form === 'scores' ? ['The scores were brought along; which model made them is not known here.'] : []),
  ];
}
