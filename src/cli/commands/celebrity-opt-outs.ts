import type { OwnResponseOf } from '../../contract/index.ts';
import { connect, type GlobalOptions } from '../connect.ts';
import { UsageError } from '../exit-codes.ts';
import { printResult, renderTable, type Terminal } from '../output.ts';

/** Options of `likeness celebrities opt-out add`. */
export interface AddOptOutFlags extends GlobalOptions {
  readonly name?: string;
  readonly wikidata?: string;
  readonly id?: string;
  readonly reason?: string;
}

/** Puts a person on the opt-out list, and erases them from the gallery. */
export async function runAddOptOut(flags: AddOptOutFlags, terminal: Terminal): Promise<void> {
  const { name, wikidata, id, reason } = flags;
  if (name === undefined && wikidata === undefined && id === undefined) {
    throw new UsageError('say who it is: --name, --wikidata or --id; with the first two they are known again best');
  }
  const { own, close } = await connect(flags, terminal, { vision: false });
  try {
    const done = await own('AddCelebrityOptOut', {
      ...(name !== undefined && { name }),
      ...(wikidata !== undefined && { wikidata }),
      ...(id !== undefined && { celebrityId: id }),
      ...(reason !== undefined && { reason }),
    });
    printResult(terminal, flags.json === true, done, () =>
      [
        `${done.optOut.name ?? done.optOut.wikidata} is on the list as ${done.optOut.optOutId}`,
        done.removed === 0 ? 'nobody like that was in the gallery' : `${done.removed} erased from the gallery`,
        ...(done.suspended > 0
          ? [`${done.suspended} kept by a legal hold: told to nobody, and erased when it ends (likeness holds list)`]
          : []),
      ].join('\n'),
    );
  } finally {
    await close();
  }
}

/** Lists who is on the opt-out list. */
export async function runListOptOuts(flags: GlobalOptions, terminal: Terminal): Promise<void> {
  const { own, close } = await connect(flags, terminal, { vision: false });
  try {
    const optOuts: OwnResponseOf<'ListCelebrityOptOuts'>['optOuts'][number][] = [];
    for (let after: string | undefined; ; ) {
      const page = await own('ListCelebrityOptOuts', { limit: 200, ...(after !== undefined && { after }) });
      optOuts.push(...page.optOuts);
      after = page.next;
      if (after === undefined) break;
    }
    printResult(terminal, flags.json === true, optOuts, () =>
      renderTable(
        optOuts,
        [
          { title: 'id', value: (row) => row.optOutId },
          { title: 'name', value: (row) => row.name },
          { title: 'wikidata', value: (row) => row.wikidata },
          { title: 'recorded', value: (row) => row.recordedAt.slice(0, 10) },
          { title: 'by', value: (row) => row.person },
          { title: 'reason', value: (row) => row.reason },
        ],
        'nobody is on the list',
      ),
    );
  } finally {
    await close();
  }
}

/** Takes a person off the opt-out list. */
export async function runRemoveOptOut(
  optOutId: string,
  flags: GlobalOptions & { readonly reason: string },
  terminal: Terminal,
): Promise<void> {
  const { own, close } = await connect(flags, terminal, { vision: false });
  try {
    const done = await own('RemoveCelebrityOptOut', { optOutId, reason: flags.reason });
    printResult(terminal, flags.json === true, done, () => `${optOutId} is off the list`);
  } finally {
    await close();
  }
}
