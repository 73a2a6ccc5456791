import type { OwnResponseOf } from '../../contract/index.ts';
import { connect, type GlobalOptions } from '../connect.ts';
import { printResult, renderTable, type Terminal } from '../output.ts';

/** Options of `likeness contests list`. */
export interface ListContestsFlags extends GlobalOptions {
  readonly all?: boolean;
}

/** Lists what persons say is wrong: those without an answer, or all. */
export async function runListContests(flags: ListContestsFlags, terminal: Terminal): Promise<void> {
  const connection = await connect(flags, terminal, { vision: false });
  try {
    const contests: OwnResponseOf<'ListContests'>['contests'][number][] = [];
    for (let after: string | undefined; ; ) {
      const page = await connection.own('ListContests', {
        ...(flags.all !== true && { state: 'open' as const }),
        ...(after !== undefined && { after }),
      });
      contests.push(...page.contests);
      after = page.next;
      if (after === undefined) break;
    }
    printResult(terminal, flags.json === true, contests, () =>
      renderTable(
        contests,
        [
          { title: 'contest', value: ({ contestId }) => contestId },
          { title: 'at', value: ({ at }) => at },
          { title: 'purpose', value: ({ purpose }) => purpose },
          { title: 'receipt', value: ({ receiptId }) => receiptId },
          { title: 'face', value: ({ faceId }) => faceId },
          { title: 'state', value: ({ state }) => state },
          { title: 'what they say', value: ({ text }) => text.replaceAll(/\s+/g, ' ') },
        ],
        'nobody waits for an answer',
      ),
    );
  } finally {
    await connection.close();
  }
}

/** Answers a contest; the person reads it on their page. */
export async function runAnswerContest(
  contestId: string,
  answer: string,
  flags: GlobalOptions,
  terminal: Terminal,
): Promise<void> {
  const connection = await connect(flags, terminal, { vision: false });
  try {
    const answered = await connection.own('AnswerContest', { contestId, answer });
    printResult(terminal, flags.json === true, answered, () => 'answered; the person reads it on their page');
  } finally {
    await connection.close();
  }
}
