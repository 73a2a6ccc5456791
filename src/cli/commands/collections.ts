import { keepAnswerHeaders } from '../answer-headers.ts';
import { connect, type GlobalOptions } from '../connect.ts';
import { printResult, renderTable, type Terminal } from '../output.ts';

/** Options of `likeness collections create`. */
export interface CreateCollectionFlags extends GlobalOptions {
  readonly purpose?: string;
}

/** Lists the collections with their counts. */
export async function runListCollections(flags: GlobalOptions, terminal: Terminal): Promise<void> {
  const headers = keepAnswerHeaders();
  const { api, close } = await connect(flags, terminal, { vision: false, onHeaders: headers.take });
  try {
    const ids: string[] = [];
    let token: string | undefined;
    do {
      const page = await api.listCollections(token === undefined ? {} : { NextToken: token });
      ids.push(...(page.CollectionIds ?? []));
      token = page.NextToken;
    } while (token !== undefined);
    const describe = async (id: string) => {
      const found = await api.describeCollection({ CollectionId: id });
      return { id, purpose: headers.purpose(), ...found };
    };
    const described: Awaited<ReturnType<typeof describe>>[] = [];
    // One after the other: the purpose of each is told in the headers of its answer.
    for (const id of ids) described.push(await describe(id));
    printResult(terminal, flags.json === true, described, () =>
      renderTable(
        described,
        [
          { title: 'collection', value: ({ id }) => id },
          { title: 'purpose', value: ({ purpose }) => purpose },
          { title: 'faces', value: ({ FaceCount }) => FaceCount, align: 'right' },
          { title: 'users', value: ({ UserCount }) => UserCount, align: 'right' },
          { title: 'face model', value: ({ FaceModelVersion }) => FaceModelVersion },
          { title: 'created', value: ({ CreationTimestamp }) => CreationTimestamp?.toISOString() },
        ],
        'no collection; make one with `likeness collections create <id>`',
      ),
    );
  } finally {
    await close();
  }
}

/** Makes a collection, bound to a purpose for ever. */
export async function runCreateCollection(id: string, flags: CreateCollectionFlags, terminal: Terminal): Promise<void> {
  const headers = keepAnswerHeaders();
  const { api, close } = await connect(flags, terminal, { vision: false, onHeaders: headers.take });
  try {
    const made = await api.createCollection({
      CollectionId: id,
      ...(flags.purpose !== undefined && { Tags: { 'likeness:purpose': flags.purpose } }),
    });
    printResult(
      terminal,
      flags.json === true,
      made,
      () => `${made.CollectionArn} (${made.FaceModelVersion}) for ${headers.purpose()}`,
    );
  } finally {
    await close();
  }
}

/** Prints one collection. */
export async function runDescribeCollection(id: string, flags: GlobalOptions, terminal: Terminal): Promise<void> {
  const headers = keepAnswerHeaders();
  const { api, close } = await connect(flags, terminal, { vision: false, onHeaders: headers.take });
  try {
    const found = await api.describeCollection({ CollectionId: id });
    const { Tags } = await api.listTagsForResource({ ResourceArn: found.CollectionARN ?? '' });
    printResult(terminal, flags.json === true, { ...found, Tags }, () =>
      [
        `${found.CollectionARN}`,
        `purpose     ${headers.purpose()}`,
        `faces       ${found.FaceCount}`,
        `users       ${found.UserCount}`,
        `face model  ${found.FaceModelVersion}`,
        `created     ${found.CreationTimestamp?.toISOString()}`,
        ...Object.entries(Tags ?? {}).map(([key, value]) => `tag         ${key} = ${value}`),
      ].join('\n'),
    );
  } finally {
    await close();
  }
}

/** Deletes a collection with everything in it. */
export async function runDeleteCollection(id: string, flags: GlobalOptions, terminal: Terminal): Promise<void> {
  const { api, close } = await connect(flags, terminal);
  try {
    const gone = await api.deleteCollection({ CollectionId: id });
    printResult(terminal, flags.json === true, gone, () => `deleted ${id}`);
  } finally {
    await close();
  }
}
