import { keepAnswerHeaders } from '../answer-headers.ts';
import { connect, type GlobalOptions } from '../connect.ts';
import { drawLook, lookOfComparison } from '../drawing/index.ts';
import { readImage } from '../images.ts';
import { printResult, renderTable, type Terminal } from '../output.ts';

/** Options of `likeness compare`. */
export interface CompareFlags extends GlobalOptions {
  readonly threshold?: number;
  readonly draw?: string;
}

/** Compares the largest face of one image with the faces of another. */
export async function runCompare(
  source: string,
  target: string,
  flags: CompareFlags,
  terminal: Terminal,
): Promise<void> {
  const [SourceImage, TargetImage] = await Promise.all([readImage(source), readImage(target)]);
  const headers = keepAnswerHeaders();
  const { api, close } = await connect(flags, terminal, { onHeaders: headers.take });
  try {
    const result = await api.compareFaces({
      SourceImage,
      TargetImage,
      ...(flags.threshold !== undefined && { SimilarityThreshold: flags.threshold }),
    });
    const matches = result.FaceMatches ?? [];
    const others = result.UnmatchedFaces ?? [];
    await drawLook(target, lookOfComparison(result), flags.draw, terminal);
    const reviewCase = headers.reviewCase();
    const told = { ...result, ...(reviewCase !== undefined && { reviewCase }) };
    printResult(terminal, flags.json === true, told, () => {
      const table = renderTable(
        matches,
        [
          { title: 'similarity', value: (match) => match.Similarity?.toFixed(2), align: 'right' },
          { title: 'sure', value: (match) => match.Face?.Confidence?.toFixed(1), align: 'right' },
          { title: 'left', value: (match) => match.Face?.BoundingBox?.Left?.toFixed(3), align: 'right' },
          { title: 'top', value: (match) => match.Face?.BoundingBox?.Top?.toFixed(3), align: 'right' },
        ],
        'no match',
      );
      return `${table}\n${matches.length} matching, ${others.length} other faces in ${target}`;
    });
    headers.note(terminal);
  } finally {
    await close();
  }
}
