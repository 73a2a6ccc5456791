export {
  type BoundDualControl,
  createDualControl,
  type DualAction,
  type DualControl,
  type DualExecutor,
  type DualOutcome,
  type DualParameters,
  type DualResult,
  dualControlOf,
  type Proposal,
  type ProposalState,
} from './dual-control.ts';
export { proposalsSource } from './proposals-source.ts';
