import { ServiceError } from '../../contract/index.ts';
import { defineOperation } from '../../governance/index.ts';

/** Tells what the operator recorded of a public figure, by the id that RecognizeCelebrities gave. */
export const getCelebrityInfo = defineOperation(
  'GetCelebrityInfo',
  ['celebrityReader'],
  async (request, { celebrityReader }) => {
    const celebrity = await celebrityReader.find(request.Id ?? '');
    // Removed, opted out and never known are one answer: which of them it is would be told of the person.
    if (celebrity === undefined) {
      throw new ServiceError('ResourceNotFoundException', 'The celebrity Id is not found.');
    }
    const { urls, name, knownGender } = celebrity;
    return {
      Urls: [...urls],
      Name: name,
      ...(knownGender !== undefined && { KnownGender: { Type: knownGender } }),
    };
  },
);
