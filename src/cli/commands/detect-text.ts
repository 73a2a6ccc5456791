import type { TextDetection } from '@aws-sdk/client-rekognition';
import { connect, type GlobalOptions } from '../connect.ts';
import { drawLook, lookOfText } from '../drawing/index.ts';
import { readImage } from '../images.ts';
import { printResult, renderTable, type Terminal } from '../output.ts';

/** Options of `likeness detect-text`. */
export interface DetectTextFlags extends GlobalOptions {
  readonly minConfidence?: number;
  readonly draw?: string;
}

/** Prints the text in an image line by line, and draws where it stands where asked. */
export async function runDetectText(image: string, flags: DetectTextFlags, terminal: Terminal): Promise<void> {
  const bytes = await readImage(image);
  const { minConfidence } = flags;
  const { api, close } = await connect(flags, terminal);
  try {
    const found = await api.detectText({
      Image: bytes,
      ...(minConfidence !== undefined && { Filters: { WordFilter: { MinConfidence: minConfidence } } }),
    });
    const detections = found.TextDetections ?? [];
    await drawLook(image, lookOfText(detections), flags.draw, terminal);
    const answer = { TextDetections: detections, TextModelVersion: found.TextModelVersion };
    printResult(terminal, flags.json === true, answer, () => renderText(detections));
  } finally {
    await close();
  }
}

const percent = (ratio: number | undefined) => `${((ratio ?? 0) * 100).toFixed(1)}%`;

function renderText(detections: readonly TextDetection[]): string {
  const lines = detections.filter(({ Type }) => Type === 'LINE');
  const words = detections.length - lines.length;
  const table = renderTable(
    lines,
    [
      { title: '#', value: (line) => line.Id, align: 'right' },
      { title: 'sure', value: (line) => line.Confidence?.toFixed(1), align: 'right' },
      { title: 'left', value: (line) => percent(line.Geometry?.BoundingBox?.Left), align: 'right' },
      { title: 'top', value: (line) => percent(line.Geometry?.BoundingBox?.Top), align: 'right' },
      { title: 'width', value: (line) => percent(line.Geometry?.BoundingBox?.Width), align: 'right' },
      { title: 'height', value: (line) => percent(line.Geometry?.BoundingBox?.Height), align: 'right' },
      { title: 'text', value: (line) => line.DetectedText },
    ],
    'no text',
  );
  return `${table}\n${lines.length} ${lines.length === 1 ? 'line' : 'lines'}, ${words} ${words === 1 ? 'word' : 'words'}`;
}
