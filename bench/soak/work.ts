import type { Rekognition } from '@aws-sdk/client-rekognition';

/** One kind of call of the mixed load. */
export interface Work {
  readonly name: string;
  /** How often it is chosen, relative to the others; whole. */
  readonly weight: number;
  run(bench: WorkBench): Promise<unknown>;
}

/** What the calls share. */
export interface WorkBench {
  readonly api: Rekognition;
  readonly collection: string;
  /** 0..1 */
  readonly random: () => number;
  /** A photo, with bytes of its own. */
  photo(): Uint8Array;
  /** Faces that were indexed and are no user's, oldest first; whoever takes one owns it. */
  readonly faces: string[];
  /** Users that stand; whoever takes one owns it. */
  readonly users: string[];
  nextId(): string;
}

/** Faces beyond which the oldest are deleted, so that the collection stays about as large as it is. */
const FACES_KEPT = 400;
const USERS_KEPT = 20;

const anyOf = <T>({ random }: WorkBench, items: readonly T[]): T | undefined =>
  items[Math.floor(random() * items.length)];

/** Searches by what others may have deleted meanwhile answer so; anything else is a failure. */
const orGone = async (call: Promise<unknown>): Promise<void> => {
  try {
    await call;
  } catch (error) {
    const { name, message } = error as Error;
    const isGone =
      name === 'ResourceNotFoundException' || (name === 'InvalidParameterException' && /not found/i.test(message));
    if (!isGone) throw error;
  }
};

/** What clients do with a collection, and how often. */
export const mixedWork: readonly Work[] = [
  {
    name: 'IndexFaces',
    weight: 4,
    async run(bench) {
      const { api, collection, faces, nextId } = bench;
      const indexed = await api.indexFaces({
        CollectionId: collection,
        Image: { Bytes: bench.photo() },
        ExternalImageId: nextId(),
      });
      faces.push(...(indexed.FaceRecords ?? []).flatMap(({ Face }) => Face?.FaceId ?? []));
      const surplus = faces.splice(0, Math.max(0, faces.length - FACES_KEPT));
      if (surplus.length > 0) await api.deleteFaces({ CollectionId: collection, FaceIds: surplus });
    },
  },
  {
    name: 'SearchFacesByImage',
    weight: 6,
    run: (bench) =>
      bench.api.searchFacesByImage({ CollectionId: bench.collection, Image: { Bytes: bench.photo() }, MaxFaces: 10 }),
  },
  {
    name: 'SearchFaces',
    weight: 6,
    async run(bench) {
      const FaceId = anyOf(bench, bench.faces);
      if (FaceId !== undefined) await orGone(bench.api.searchFaces({ CollectionId: bench.collection, FaceId }));
    },
  },
  {
    name: 'DetectFaces',
    weight: 2,
    run: (bench) => bench.api.detectFaces({ Image: { Bytes: bench.photo() }, Attributes: ['ALL'] }),
  },
  {
    name: 'DetectLabels',
    weight: 1,
    run: (bench) => bench.api.detectLabels({ Image: { Bytes: bench.photo() } }),
  },
  {
    name: 'CompareFaces',
    weight: 1,
    run: (bench) => {
      const Bytes = bench.photo();
      return bench.api.compareFaces({ SourceImage: { Bytes }, TargetImage: { Bytes: bench.photo() } });
    },
  },
  {
    name: 'DeleteFaces',
    weight: 1,
    async run({ api, collection, faces }) {
      const FaceIds = faces.splice(0, 2);
      if (FaceIds.length > 0) await api.deleteFaces({ CollectionId: collection, FaceIds });
    },
  },
  {
    name: 'ListFaces',
    weight: 2,
    run: ({ api, collection }) => api.listFaces({ CollectionId: collection, MaxResults: 100 }),
  },
  {
    name: 'DescribeCollection',
    weight: 1,
    run: ({ api, collection }) => api.describeCollection({ CollectionId: collection }),
  },
  {
    name: 'users: create, associate, search, delete',
    weight: 1,
    async run(bench) {
      const { api, collection, users, faces, nextId } = bench;
      const UserId = nextId();
      const CollectionId = collection;
      await api.createUser({ CollectionId, UserId });
      const FaceIds = faces.splice(-2, 2);
      if (FaceIds.length > 0) await api.associateFaces({ CollectionId, UserId, FaceIds, UserMatchThreshold: 0 });
      await api.searchUsers({ CollectionId, UserId });
      await api.listUsers({ CollectionId });
      users.push(UserId);
      for (const gone of users.splice(0, Math.max(0, users.length - USERS_KEPT))) {
        const held = await api.listFaces({ CollectionId, UserId: gone });
        const theirs = (held.Faces ?? []).flatMap(({ FaceId }) => FaceId ?? []);
        await api.deleteUser({ CollectionId, UserId: gone });
        faces.unshift(...theirs);
      }
    },
  },
  {
    name: 'SearchUsersByImage',
    weight: 1,
    run: (bench) =>
      bench.api.searchUsersByImage({ CollectionId: bench.collection, Image: { Bytes: bench.photo() }, MaxUsers: 5 }),
  },
];

/** One of the works, by its weight. */
export function chooseWork(random: () => number): Work {
  const choices = mixedWork.flatMap((work) => Array.from({ length: work.weight }, () => work));
  return choices[Math.floor(random() * choices.length)] as Work;
}
