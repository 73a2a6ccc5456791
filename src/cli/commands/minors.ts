import type { GlobalOptions } from '../connect.ts';
import { printResult, renderTable, type Terminal } from '../output.ts';
import { through } from './review.ts';

/** Options of `likeness minors mark` and `unmark`. */
export interface MinorFlags extends GlobalOptions {
  readonly reason: string;
  readonly purpose?: string;
  readonly adultFrom?: string;
}

/** Marks a subject as a minor. */
export async function runMarkMinor(subject: string, flags: MinorFlags, terminal: Terminal): Promise<void> {
  const { reason, purpose, adultFrom } = flags;
  await through(flags, terminal, async (own) => {
    const { minor } = await own('MarkMinor', {
      subject,
      reason,
      ...(purpose !== undefined && { purpose }),
      ...(adultFrom !== undefined && { adultFrom }),
    });
    printResult(terminal, flags.json === true, minor, () =>
      minor.holds
        ? `${subject} counts as a minor ${minor.adultFrom === undefined ? 'until that is taken back' : `until ${minor.adultFrom}`}; what matches them is released by two reviewers only`
        : `${subject} is grown up since ${minor.adultFrom}; the mark changes nothing`,
    );
  });
}

/** Takes back the mark of a minor. */
export async function runUnmarkMinor(subject: string, flags: MinorFlags, terminal: Terminal): Promise<void> {
  const { reason, purpose } = flags;
  await through(flags, terminal, async (own) => {
    const done = await own('UnmarkMinor', { subject, reason, ...(purpose !== undefined && { purpose }) });
    printResult(terminal, flags.json === true, done, () => `${subject} is no longer marked as a minor`);
  });
}

/** Prints the marks of minors. */
export async function runListMinors(flags: GlobalOptions, terminal: Terminal): Promise<void> {
  await through(flags, terminal, async (own) => {
    const { minors } = await own('ListMinors', {});
    printResult(terminal, flags.json === true, minors, () =>
      renderTable(
        minors,
        [
          { title: 'subject', value: (row) => row.subject },
          { title: 'purpose', value: (row) => (row.purpose === '*' ? 'every' : row.purpose) },
          { title: 'holds', value: (row) => (row.holds ? 'yes' : 'grown up') },
          { title: 'adult from', value: (row) => row.adultFrom },
          {
            title: 'set by',
            value: (row) => (row.source === 'receipt' ? `${row.person}, with a consent` : row.person),
          },
          { title: 'at', value: (row) => row.setAt },
          { title: 'reason', value: (row) => row.reason },
        ],
        'no subject is marked as a minor',
      ),
    );
  });
}
