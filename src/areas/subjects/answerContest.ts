import { defineOwnOperation } from '../../governance/index.ts';

/** Answers a contest. */
export const answerContest = defineOwnOperation('AnswerContest', ['contestDesk'], async (request, { contestDesk }) =>
  contestDesk.answer(request),
);
