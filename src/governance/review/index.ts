export {
  type BoundCannotLinks,
  type BoundMinors,
  type BoundReviewDesk,
  cannotLinksOf,
  minorsOf,
  reviewCallerOf,
  reviewDeskOf,
} from './bound.ts';
export type { ReviewCaller } from './caller.ts';
export type { CannotLink, CannotLinkSet, CannotLinks, LinkEnd } from './cannot-links.ts';
export type {
  Agreement,
  CandidateEnds,
  CaseKind,
  Decision,
  FoundCandidate,
  NewCandidate,
  NewCase,
  ProbeEnds,
  Verdict,
} from './case.ts';
export type { CropStore } from './crops.ts';
export type { DecidedEnrolment, EnrolmentHandler, ReviewDesk } from './desk.ts';
export type { Rate } from './interval.ts';
export type { MinorMark, Minors } from './minors.ts';
export type { Outcome, ReviewerStats } from './outcomes.ts';
export type { ListedCase, ShownCase } from './reviewing.ts';
export { openReview, type ReviewRoom, type ReviewRoomParts } from './room.ts';
