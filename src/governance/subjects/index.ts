export { subjectCaller, takesToken } from './caller.ts';
export {
  type ContestDesk,
  type Contests,
  contestDeskOf,
  contestSource,
  createContests,
  type ToldContest,
} from './contests.ts';
export { type SubjectFile, type SubjectFileParts, subjectFileOf } from './subject-file.ts';
