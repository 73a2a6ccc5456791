import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openReviewHouse, photoOf, type ReviewHouse } from '../builders/review-house.ts';

describe('a collection that is deleted and made again for another purpose while a call runs', () => {
  let house: ReviewHouse;

  beforeAll(async () => {
    house = await openReviewHouse();
  });
  afterAll(() => house.close());

  /** Runs `meanwhile` after the call was judged and its image is being looked at. */
  async function whileLooking<T>(call: () => Promise<T>, meanwhile: () => Promise<void>): Promise<T> {
    const { vision } = house;
    const { embed } = vision;
    let reached = (): void => {};
    let go = (): void => {};
    const atEmbedding = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const done = new Promise<void>((resolve) => {
      go = resolve;
    });
    vision.embed = async (...args) => {
      reached();
      await done;
      return embed.call(vision, ...args);
    };
    const running = call();
    running.catch(() => {});
    await atEmbedding;
    vision.embed = embed;
    await meanwhile();
    go();
    return running;
  }

  const remake = async (id: string, purpose: string): Promise<void> => {
    await house.operator.ask('DeleteCollection', { CollectionId: id });
    await house.operator.ask('CreateCollection', { CollectionId: id, Tags: { 'likeness:purpose': purpose } });
  };

  it('gets no face that was sent under the old purpose', async () => {
    await house.collection('doors', 'photo-library');
    const sent = whileLooking(
      () =>
        house.operator.ask('IndexFaces', {
          CollectionId: 'doors',
          ExternalImageId: 'nobody',
          Image: photoOf('Nobody'),
        }),
      () => remake('doors', 'access-control'),
    );
    await expect(sent).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
    const { response } = await house.operator.ask('ListFaces', { CollectionId: 'doors' });
    expect(response.Faces).toEqual([]);
  });

  it.each(['photo-library', 'media-archive'])('is not searched by a call that was judged under %s', async (purpose) => {
    const id = `shelf-${purpose}`;
    await house.collection(id, purpose);
    const searched = whileLooking(
      () => house.operator.ask('SearchFacesByImage', { CollectionId: id, Image: photoOf('Anna') }),
      async () => {
        await house.operator.ask('DeleteCollection', { CollectionId: id });
        await house.collection(id, 'family-reunification', ['Anna']);
      },
    );
    await expect(searched).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
  });
});
