import type { AuditRecord } from '../audit/index.ts';
import type { CountName } from '../notes.ts';

/** What the transparency report counts. */
export type MeasureName = (typeof measures)[number]['name'];

/** One thing that is counted, and how much of it a record tells. */
interface Measure {
  readonly name: string;
  readonly title: string;
  readonly explanation: string;
  of(record: AuditRecord): number;
}

const searches: ReadonlySet<string> = new Set([
  'RecognizeCelebrities',
  'SearchFaces',
  'SearchFacesByImage',
  'SearchUsers',
  'SearchUsersByImage',
]);
const overrides: ReadonlySet<string> = new Set([
  'ApproveProposal',
  'PlaceLegalHold',
  'ReleaseLegalHold',
  'RemoveCannotLink',
  'UnmarkMinor',
]);
const withdrawals: ReadonlySet<string> = new Set(['WithdrawConsent', 'WithdrawBySubject', 'RecordObjection']);

const done = (record: AuditRecord): boolean => record.kind === 'outcome' && record.code === undefined;
const calls = (operations: ReadonlySet<string>) => (record: AuditRecord) =>
  done(record) && operations.has(record.operation) ? (record.repeats ?? 1) : 0;
const counted =
  (...names: readonly CountName[]) =>
  (record: AuditRecord): number =>
    done(record) ? names.reduce((sum, name) => sum + (record.counts?.[name] ?? 0), 0) : 0;

/** The measures, in the order of the report. */
export const measures = [
  {
    name: 'searches',
    title: 'Searches',
    explanation: 'Searches of a collection that were answered.',
    // Without a gallery nobody was searched for, and the record names no collection.
    of: (record) =>
      record.operation === 'RecognizeCelebrities' && record.collection === undefined ? 0 : calls(searches)(record),
  },
  {
    name: 'comparisons',
    title: 'Comparisons',
    explanation: 'Comparisons of two images that were answered.',
    of: calls(new Set(['CompareFaces'])),
  },
  {
    name: 'matches',
    title: 'Candidates returned',
    explanation: 'Faces or users that were answered as looking alike, at once or after review.',
    of: counted('candidatesReturned'),
  },
  {
    name: 'withheld',
    title: 'Candidates withheld',
    explanation: 'Faces or users that were kept back for review.',
    of: counted('facesWithheld'),
  },
  {
    name: 'releases',
    title: 'Candidates released after review',
    explanation: 'Faces or users that two reviewers agreed on.',
    of: counted('candidatesReleased'),
  },
  {
    name: 'reviews',
    title: 'Reviews',
    explanation: 'Judgements that reviewers handed in.',
    of: calls(new Set(['SubmitReview'])),
  },
  {
    name: 'consentsGranted',
    title: 'Consents recorded',
    explanation: 'Consents that were recorded, one for each person and purpose.',
    of: counted('consentsRecorded'),
  },
  {
    name: 'consentsWithdrawn',
    title: 'Consents withdrawn',
    explanation: 'Withdrawals and objections, by the operator for a person or by the person.',
    of: calls(withdrawals),
  },
  {
    name: 'erasures',
    title: 'Subjects erased',
    explanation: 'People, or faces without a name, whose data was erased.',
    of: counted('subjectsErased'),
  },
  {
    name: 'overrides',
    title: 'Overrides',
    explanation: 'Times that persons set a safeguard aside: holds, approvals, links and marks taken back.',
    of: calls(overrides),
  },
  {
    name: 'refusals',
    title: 'Refusals',
    explanation: 'Calls that a rule refused, for any reason.',
    of: (record: AuditRecord) => (record.kind === 'refusal' ? (record.repeats ?? 1) : 0),
  },
] as const satisfies readonly Measure[];
