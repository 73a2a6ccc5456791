import type { ModerationDetector } from '../../vision/index.ts';
import type { GrantNotes } from '../notes.ts';

/** A detector of moderation that counts the images it looked at for the audit; what they show stands in no record. */
export function countModeration(detector: ModerationDetector, notes: GrantNotes): ModerationDetector {
  return {
    async moderate(image, signal) {
      const found = await detector.moderate(image, signal);
      notes.count('imagesModerated', 1);
      return found;
    },
  };
}
