export { type Attempts, createAttempts } from './attempts.ts';
export { subjectPagePath } from './pages.ts';
export { createSubjectPage, type SubjectPage } from './subject-page.ts';
export { english, type Texts } from './texts.ts';
