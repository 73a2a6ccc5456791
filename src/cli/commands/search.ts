import { keepAnswerHeaders } from '../answer-headers.ts';
import { connect, type GlobalOptions } from '../connect.ts';
import { readImage } from '../images.ts';
import { printResult, renderTable, type Terminal } from '../output.ts';

/** Options of `likeness search`. */
export interface SearchFlags extends GlobalOptions {
  readonly threshold?: number;
  readonly max?: number;
  readonly users?: boolean;
}

/** Finds the faces, or users, of a collection that look like the largest face of an image. */
export async function runSearch(
  collection: string,
  image: string,
  flags: SearchFlags,
  terminal: Terminal,
): Promise<void> {
  const bytes = await readImage(image);
  const headers = keepAnswerHeaders();
  const { api, close } = await connect(flags, terminal, { onHeaders: headers.take });
  const withCase = <Found extends object>(found: Found) => {
    const reviewCase = headers.reviewCase();
    return { ...found, ...(reviewCase !== undefined && { reviewCase }) };
  };
  try {
    if (flags.users) {
      const found = await api.searchUsersByImage({
        CollectionId: collection,
        Image: bytes,
        ...(flags.threshold !== undefined && { UserMatchThreshold: flags.threshold }),
        ...(flags.max !== undefined && { MaxUsers: flags.max }),
      });
      printResult(terminal, flags.json === true, withCase(found), () =>
        renderTable(
          found.UserMatches ?? [],
          [
            { title: 'similarity', value: (match) => match.Similarity?.toFixed(2), align: 'right' },
            { title: 'user', value: (match) => match.User?.UserId },
          ],
          found.SearchedFace === undefined ? 'no face in the image' : 'no match',
        ),
      );
      headers.note(terminal);
      return;
    }
    const found = await api.searchFacesByImage({
      CollectionId: collection,
      Image: bytes,
      ...(flags.threshold !== undefined && { FaceMatchThreshold: flags.threshold }),
      ...(flags.max !== undefined && { MaxFaces: flags.max }),
    });
    printResult(terminal, flags.json === true, withCase(found), () =>
      renderTable(
        found.FaceMatches ?? [],
        [
          { title: 'similarity', value: (match) => match.Similarity?.toFixed(2), align: 'right' },
          { title: 'face', value: (match) => match.Face?.FaceId },
          { title: 'external image id', value: (match) => match.Face?.ExternalImageId },
          { title: 'user', value: (match) => match.Face?.UserId },
        ],
        'no match',
      ),
    );
    headers.note(terminal);
  } finally {
    await close();
  }
}
