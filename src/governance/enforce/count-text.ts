import type { TextReader } from '../../vision/index.ts';
import type { GrantNotes } from '../notes.ts';

/** A reader of text that counts lines and words for the audit; what they say stands in no record. */
export function countText(reader: TextReader, notes: GrantNotes): TextReader {
  return {
    modelVersion: reader.modelVersion,
    async read(image, options, signal) {
      const lines = await reader.read(image, options, signal);
      notes.count('textLinesFound', lines.length);
      notes.count(
        'wordsFound',
        lines.reduce((sum, { words }) => sum + words.length, 0),
      );
      return lines;
    },
  };
}
