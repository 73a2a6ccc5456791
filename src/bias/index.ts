export { type CsvRow, LabelError, readCsv } from './csv.ts';
export { type Scale, scaleOfScores } from './curves.ts';
export type { Differentials, GroupRatio, RatioInterval } from './differentials.ts';
export {
  type BiasReport,
  isBiasReport,
  makeBiasReport,
  type ReportData,
  type ReportOrigin,
  reportText,
  type SignedBiasReport,
  signBiasReport,
} from './document.ts';
export type { Floors, RateFigure } from './figures.ts';
export { type LabelledPair, type LabelledPairs, readLabelledPairs, readScoredPairs } from './labels.ts';
export { type BiasMeasurement, measureBias, type ProtocolOptions } from './measure.ts';
export { biasReportPage } from './page.ts';
export { defaultProtocol } from './protocol.ts';
export { type Interval, intervalOf, type RateEstimate } from './rate.ts';
export type { Sample, ScoredPair } from './scored-pairs.ts';
