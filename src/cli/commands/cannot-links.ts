import type { OwnRequestOf } from '../../contract/index.ts';
import type { GlobalOptions } from '../connect.ts';
import { UsageError } from '../exit-codes.ts';
import { printResult, renderTable, type Terminal } from '../output.ts';
import { type PageFlags, pageOf, through } from './review.ts';

type LinkEnd = OwnRequestOf<'SetCannotLink'>['one'];

/** Options that state a reason. */
export interface ReasonFlags extends GlobalOptions {
  readonly reason: string;
}

const members = { face: 'faceId', user: 'userId', image: 'externalImageId', probe: 'probeHash' } as const;

/** An end as it is written on the command line. @throws {UsageError} */
export function linkEndOf(text: string): LinkEnd {
  const [, kind = '', id = ''] = /^(face|user|image|probe):(.+)$/.exec(text) ?? [];
  const member = Object.entries(members).find(([name]) => name === kind)?.[1];
  if (member === undefined) {
    throw new UsageError(`'${text}' is no end of a cannot-link; write face:ID, user:ID, image:ID or probe:HASH`);
  }
  return { [member]: id };
}

/** Says that two are not one person. */
export async function runSetCannotLink(
  collectionId: string,
  one: string,
  other: string,
  flags: ReasonFlags,
  terminal: Terminal,
): Promise<void> {
  const request = { collectionId, one: linkEndOf(one), other: linkEndOf(other), reason: flags.reason };
  await through(flags, terminal, async (own) => {
    const { link } = await own('SetCannotLink', request);
    printResult(terminal, flags.json === true, link, () => `set ${link.linkId}: the two are never matched again`);
  });
}

/** Prints the cannot-links of a collection. */
export async function runListCannotLinks(collectionId: string, flags: PageFlags, terminal: Terminal): Promise<void> {
  await through(flags, terminal, async (own) => {
    const found = await own('ListCannotLinks', { collectionId, ...pageOf(flags) });
    printResult(terminal, flags.json === true, found, () =>
      [
        renderTable(
          found.links,
          [
            { title: 'link', value: (row) => row.linkId },
            { title: 'one', value: (row) => endText(row.one) },
            { title: 'other', value: (row) => endText(row.other) },
            { title: 'set by', value: (row) => row.persons.join(', ') },
            { title: 'at', value: (row) => row.setAt },
            { title: 'reason', value: (row) => row.reason },
          ],
          'no cannot-link in this collection',
        ),
        ...(found.next === undefined ? [] : [`more: --after ${found.next}`]),
      ].join('\n'),
    );
  });
}

/** Lifts a cannot-link that another person set. */
export async function runRemoveCannotLink(
  collectionId: string,
  linkId: string,
  flags: ReasonFlags,
  terminal: Terminal,
): Promise<void> {
  await through(flags, terminal, async (own) => {
    const done = await own('RemoveCannotLink', { collectionId, linkId, reason: flags.reason });
    printResult(terminal, flags.json === true, done, () => `lifted ${linkId}: the two may be matched again`);
  });
}

function endText(end: LinkEnd): string {
  const known = Object.entries(members).find(([, member]) => end[member] !== undefined);
  return known === undefined ? '-' : `${known[0]}:${end[known[1]]}`;
}
