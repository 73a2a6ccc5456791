import type { ProtocolOptions } from './measure.ts';

/** What holds unless the evaluator says otherwise. The seed is fixed, so that a report can be made again. */
export const defaultProtocol = {
  confidence: 0.95,
  replicates: 1000,
  seed: 19795,
  floors: {
    // Intervals by drawing anew are known to fail with fewer groups of dependent values than about twenty.
    minPeople: 20,
    aims: { 'false-match': 1e-4, 'false-non-match': 1e-2, 'failure-to-enrol': 1e-2 },
  },
} as const satisfies Partial<ProtocolOptions>;
