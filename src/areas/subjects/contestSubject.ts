import { defineOwnOperation } from '../../governance/index.ts';

/** Takes down what whoever has the token says is wrong. */
export const contestSubject = defineOwnOperation('ContestSubject', ['subjectFile'], async (request, { subjectFile }) =>
  subjectFile.contest(request),
);
