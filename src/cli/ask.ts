import { createInterface } from 'node:readline/promises';
import type { Terminal } from './output.ts';

/** Whether a person can be asked: somebody looks at standard error and types into standard input. */
export function canAsk(terminal: Terminal): boolean {
  return terminal.interactive && process.stdin.isTTY === true;
}

/**
 * Asks until one of the answers is given, by its first letter or in full.
 *
 * @param answers in lower case, each with another first letter
 * @throws an AbortError on Ctrl-C or at the end of the input
 */
export async function ask<Answer extends string>(question: string, answers: readonly Answer[]): Promise<Answer> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const gone = new AbortController();
  lines.once('SIGINT', () => gone.abort());
  lines.once('close', () => gone.abort());
  try {
    for (;;) {
      const said = (await lines.question(question, { signal: gone.signal })).trim().toLowerCase();
      const meant = answers.find((answer) => said === answer || said === answer[0]);
      if (meant !== undefined) return meant;
    }
  } finally {
    lines.close();
  }
}
