import type { AttributeEvaluation } from '../attributes/index.ts';
import { describeEvaluation } from '../attributes/index.ts';
import type { CountResult, DetectionResult } from './detection.ts';
import type { Identification } from './identification.ts';
import type { PeerFigures } from './peers.ts';
import type { Target } from './targets.ts';
import type { Verification } from './verification.ts';

/** What one profile reached on LFW. */
export interface ProfileResult {
  readonly modelVersion: string;
  readonly facesNotFound: number;
  readonly verification: Verification;
  /** The same without the pairs that are known to show one person under two labels. */
  readonly withoutLabelErrors: Verification;
  readonly labelErrors: number;
  /** TAR at a rate of one in a thousand of the labelled pairs alone, as the peers are measured. */
  readonly tarOfLabelledPairs: number;
  readonly identification: readonly Identification[];
}

/** Everything that `npm run eval:faces` measures; of detection, a row for each detector that was asked for. */
export interface FaceReport {
  readonly date: string;
  readonly images: number;
  readonly people: number;
  readonly pairs: number;
  readonly profiles: readonly ProfileResult[];
  readonly detection: readonly DetectionResult[];
  readonly attributes?: AttributeEvaluation;
  readonly peers?: readonly PeerFigures[];
  readonly targets: readonly Target[];
}

/** The report as text for people. */
export function reportText(report: FaceReport): string {
  const parts = [
    `Faces, ${report.date}: LFW, ${report.images} images of ${report.people} people, ${report.pairs} labelled pairs in 5 folds.`,
    'What is learned is learned without the people of both faces of a pair.',
    '',
    'Verification (a face not found is an error; TAR over the labelled pairs, FAR over all pairs of different people)',
    table([
      ['profile', 'accuracy', 'AUC', ...tarHeads(report, 'TAR at '), 'impostor pairs', 'not found'],
      ...report.profiles.flatMap((result) => [
        verificationRow(result.modelVersion, result.verification, result.facesNotFound),
        verificationRow(
          `  without ${result.labelErrors} label errors`,
          result.withoutLabelErrors,
          result.facesNotFound,
        ),
      ]),
    ]),
    '',
    'Identification: one face each of N people enrolled, all other faces searched for, 10 draws, label errors left out',
    table([
      ['profile', 'gallery', 'similarity', 'missed mates', 'false candidates', 'expected', 'searches with any'],
      ...report.profiles.flatMap(({ modelVersion, identification }) =>
        identification.map((row) => [
          modelVersion,
          String(row.gallery),
          String(row.similarity),
          percent(row.missedMates),
          row.falseCandidates.toFixed(4),
          row.expectedFalseCandidates.toFixed(4),
          percent(row.falseAlarms),
        ]),
      ),
    ]),
  ];
  parts.push('', detectionText(report.detection));
  if (report.attributes) parts.push('', describeEvaluation(report.attributes));
  if (report.peers) parts.push('', 'By their own pipelines on the same pairs', peerTable(report, report.peers));
  parts.push('', 'Targets', table(report.targets.map(targetRow)));
  return parts.join('\n');
}

function verificationRow(name: string, result: Verification, notFound: number): string[] {
  return [
    name,
    percent(result.accuracy),
    result.auc.toFixed(5),
    ...result.operatingPoints.map(({ tar }) => percent(tar)),
    result.impostorPairs.toLocaleString('en-US'),
    String(notFound),
  ];
}

function tarHeads({ profiles }: FaceReport, prefix: string): string[] {
  return profiles[0]?.verification.operatingPoints.map(({ far }) => `${prefix}${far.toExponential()}`) ?? [];
}

/** What the detectors found, beside each other. */
export function detectionText(detection: readonly DetectionResult[]): string {
  return [
    'Detection: 100 faces pasted into 1920x1080; most extra boxes are bystanders in the pasted tiles',
    table([
      ['detector', 'face height', 'found', 'extra boxes'],
      ...detection.flatMap(({ detector, crowds }) =>
        crowds.map(({ facePixels, faces, found, extra }) => [
          detector,
          `${facePixels} px`,
          `${found} of ${faces}`,
          String(extra),
        ]),
      ),
    ]),
    ...detection.map(
      ({ detector, counts, seconds }) => `\n${detector}, ${seconds.toFixed(1)} s for all\n${countText(counts)}`,
    ),
  ].join('\n');
}

function countText(counts: readonly CountResult[]): string {
  const known = counts.filter((count) => count.faces !== undefined);
  const faces = known.reduce((sum, count) => sum + (count.faces ?? 0), 0);
  const right = known.filter(({ faces: truth, found }) => truth === found).length;
  const others = counts.filter((count) => count.faces === undefined);
  const none = others.filter(({ found }) => found === 0);
  return [
    `Counts: ${known.length} group photos with ${faces} faces, ${known.reduce((sum, { found }) => sum + found, 0)} found, ${right} photos exactly right;`,
    `  ${others.length} other photos with ${others.reduce((sum, { found }) => sum + found, 0)} found, ${none.length} without any.`,
  ].join('\n');
}

function peerTable({ profiles }: FaceReport, peers: readonly PeerFigures[]): string {
  return table([
    ['pipeline', 'accuracy', 'TAR at 1e-3 of the labelled pairs'],
    ...profiles.map(({ modelVersion, verification, tarOfLabelledPairs }) => [
      modelVersion,
      percent(verification.accuracy),
      percent(tarOfLabelledPairs),
    ]),
    ...peers.map(({ peer, version, accuracy, tarAt1e3 }) => [
      `@vladmandic/${peer} ${version}`,
      percent(accuracy),
      percent(tarAt1e3),
    ]),
  ]);
}

function targetRow({ figure, unit, reached, atLeast, atMost, met }: Target): string[] {
  const shown = (x: number): string => (unit === 'share' ? percent(x) : String(x));
  const bound = atLeast === undefined ? `at most ${shown(atMost ?? 0)}` : `at least ${shown(atLeast)}`;
  return [figure, shown(reached), bound, met ? 'met' : 'MISSED'];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

/** Aligns cells: the first column to the left, the others to the right. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0))) ?? [];
  return rows
    .map(
      (row) =>
        `  ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ')}`,
    )
    .join('\n');
}
