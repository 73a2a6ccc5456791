import type { Terminal } from './output.ts';

/** What an answer told in headers, for people who see no headers. */
export interface AnswerHeaders {
  /** Takes the headers of an answer. */
  readonly take: (headers: Readonly<Record<string, string>>) => void;
  /** The purpose that the call ran under. */
  readonly purpose: () => string | undefined;
  /** The id of the review case that the call opened. */
  readonly reviewCase: () => string | undefined;
  /** Notes the case and a threshold that was raised, beside what the command prints. */
  readonly note: (terminal: Terminal) => void;
}

/** Keeps the headers of a command's answer. */
export function keepAnswerHeaders(): AnswerHeaders {
  let kept: Readonly<Record<string, string>> = {};
  return {
    take: (headers) => {
      kept = headers;
    },
    purpose: () => kept['x-likeness-purpose'],
    reviewCase: () => kept['x-likeness-review-case'],
    note: (terminal) => {
      const threshold = kept['x-likeness-similarity-threshold'];
      const reviewCase = kept['x-likeness-review-case'];
      if (threshold !== undefined) {
        terminal.note(`the purpose ${kept['x-likeness-purpose']} asks for a similarity of ${threshold} at least`);
      }
      if (reviewCase !== undefined) {
        terminal.note(
          `whether anything matched is for two reviewers to say; ask later: likeness review outcome ${reviewCase}`,
        );
      }
    },
  };
}
