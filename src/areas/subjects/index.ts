export { answerContest } from './answerContest.ts';
export { contestSubject } from './contestSubject.ts';
export { downloadSubject } from './downloadSubject.ts';
export { listContests } from './listContests.ts';
export { showSubject } from './showSubject.ts';
export { withdrawBySubject } from './withdrawBySubject.ts';
