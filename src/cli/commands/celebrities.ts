import type { OwnResponseOf } from '../../contract/index.ts';
import { keepAnswerHeaders } from '../answer-headers.ts';
import { connect, type GlobalOptions } from '../connect.ts';
import { drawLook, lookOfCelebrities } from '../drawing/index.ts';
import { exitCodes } from '../exit-codes.ts';
import { readImage } from '../images.ts';
import { printResult, renderTable, type Terminal } from '../output.ts';

/** One public figure as the gallery tells of them. */
export type ListedCelebrity = OwnResponseOf<'ListCelebrities'>['celebrities'][number];

/** Finds the public figures of the gallery in an image, and draws them where asked. */
export async function runRecognizeCelebrities(
  image: string,
  flags: GlobalOptions & { readonly draw?: string },
  terminal: Terminal,
): Promise<void> {
  const Image = await readImage(image);
  const headers = keepAnswerHeaders();
  const { api, close } = await connect(flags, terminal, { onHeaders: headers.take });
  try {
    const found = await api.recognizeCelebrities({ Image });
    const known = found.CelebrityFaces ?? [];
    const others = found.UnrecognizedFaces ?? [];
    await drawLook(image, lookOfCelebrities(found), flags.draw, terminal);
    printResult(terminal, flags.json === true, found, () => {
      const table = renderTable(
        known,
        [
          { title: 'confidence', value: (row) => row.MatchConfidence?.toFixed(2), align: 'right' },
          { title: 'name', value: (row) => row.Name },
          { title: 'id', value: (row) => row.Id },
          { title: 'left', value: (row) => row.Face?.BoundingBox?.Left?.toFixed(3), align: 'right' },
          { title: 'top', value: (row) => row.Face?.BoundingBox?.Top?.toFixed(3), align: 'right' },
          { title: 'urls', value: (row) => row.Urls?.join(' ') },
        ],
        'nobody is recognised',
      );
      return `${table}\n${known.length} recognised, ${others.length} other ${others.length === 1 ? 'face' : 'faces'}`;
    });
    // With a gallery the call runs under its purpose, which is always this one.
    if (headers.purpose() !== 'media-archive') {
      terminal.note('no gallery of public figures stands, so nobody can be recognised: read docs/celebrities.md');
    }
  } finally {
    await close();
  }
}

/** Lists the people of the gallery by name. */
export async function runListCelebrities(flags: GlobalOptions, terminal: Terminal): Promise<void> {
  const { own, close } = await connect(flags, terminal, { vision: false });
  try {
    const all: ListedCelebrity[] = [];
    for (let after: string | undefined; ; ) {
      const page = await own('ListCelebrities', { limit: 200, ...(after !== undefined && { after }) });
      all.push(...page.celebrities);
      after = page.next;
      if (after === undefined) break;
    }
    all.sort((a, b) => a.name.localeCompare(b.name));
    printResult(terminal, flags.json === true, all, () =>
      renderTable(
        all,
        [
          { title: 'id', value: (row) => row.celebrityId },
          { title: 'name', value: (row) => row.name },
          { title: 'wikidata', value: (row) => row.wikidata },
          { title: 'gender', value: (row) => row.knownGender },
          { title: 'photos', value: (row) => row.faces, align: 'right' },
          { title: '', value: (row) => (row.isOptedOut ? 'opted out' : '') },
        ],
        'nobody is in the gallery: likeness celebrities import <folder>',
      ),
    );
  } finally {
    await close();
  }
}

/** Tells what is recorded of one person. */
export async function runShowCelebrity(id: string, flags: GlobalOptions, terminal: Terminal): Promise<void> {
  const { own, close } = await connect(flags, terminal, { vision: false });
  try {
    const told = await own('DescribeCelebrity', { celebrityId: id });
    const { celebrity, faceIds } = told;
    printResult(terminal, flags.json === true, told, () =>
      [
        `${celebrity.name} (${celebrity.celebrityId})`,
        ...(celebrity.isOptedOut ? ['on the opt-out list: told to nobody'] : []),
        `wikidata  ${celebrity.wikidata ?? '-'}`,
        `gender    ${celebrity.knownGender ?? '-'}`,
        `urls      ${celebrity.urls.join(' ') || '-'}`,
        `recorded  ${celebrity.storedAt}`,
        `photos    ${celebrity.faces}${celebrity.faces === 0 ? ': without one they are not recognised' : ''}`,
        ...faceIds.map((faceId) => `  ${faceId}`),
      ].join('\n'),
    );
  } finally {
    await close();
  }
}

/** Why a photo was not taken, for people. */
export const photoOutcomes: Readonly<Record<OwnResponseOf<'AddCelebrityPhoto'>['outcome'], string>> = {
  stored: 'taken',
  known: 'was taken before',
  'no-face': 'not taken: no face is in it',
  'poor-quality': 'not taken: its largest face is too small, dark, blurred or turned away',
  unlike: 'not taken: it does not look like the photos of them that were taken before',
  'like-another': 'not taken: it looks like another person of the gallery',
};

/** Takes one photo of a person. @returns the exit code */
export async function runAddCelebrityPhoto(
  id: string,
  image: string,
  flags: GlobalOptions & { readonly confirmed?: boolean },
  terminal: Terminal,
): Promise<number> {
  const { Bytes } = await readImage(image);
  const { own, close } = await connect(flags, terminal);
  try {
    const done = await own('AddCelebrityPhoto', {
      celebrityId: id,
      image: Buffer.from(Bytes).toString('base64'),
      isConfirmed: flags.confirmed === true,
    });
    printResult(terminal, flags.json === true, done, () =>
      [
        photoOutcomes[done.outcome],
        ...(done.outcome === 'unlike' || done.outcome === 'like-another'
          ? ['look at it; if it does show them, say so with --confirmed']
          : []),
      ].join('\n'),
    );
    return done.outcome === 'stored' || done.outcome === 'known' ? exitCodes.ok : exitCodes.failed;
  } finally {
    await close();
  }
}

/** Erases a person from the gallery. */
export async function runRemoveCelebrity(id: string, flags: GlobalOptions, terminal: Terminal): Promise<void> {
  const { own, close } = await connect(flags, terminal, { vision: false });
  try {
    const done = await own('RemoveCelebrity', { celebrityId: id });
    printResult(terminal, flags.json === true, done, () =>
      done.isSuspended
        ? `a legal hold keeps ${id}: told to nobody, and erased when it ends (certificate ${done.certificateId})`
        : `${id} is erased (certificate ${done.certificateId})`,
    );
  } finally {
    await close();
  }
}
