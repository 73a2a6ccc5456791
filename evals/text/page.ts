import sharp from 'sharp';
import { seededRandom } from '../faces/random.ts';

/** A page of print whose lines are known. */
export interface RenderedPage {
  /** PNG. */
  readonly bytes: Uint8Array;
  readonly lines: readonly string[];
}

const vocabulary =
  'the of and a to in is was that for it with as his on be at by had are but from or have an they which one you were her all she there would their we him been has when who will more no if out so said what up its about into than them can only other new some could time these two may then do first any my now such like our over man me even most made after also did many before must through back years where much your way well down should because each just those people how too little state good very make world still own see men work long get here between both life being under never day same another know while last might us great old year off come since against go came right used take three'.split(
    ' ',
  );
/** A4 at 150 dots an inch. */
const width = 1240;
const height = 1754;

/** Renders a page of A4 with these many lines of about 60 characters, as a letter has. */
export async function renderPage(lineCount: number, seed: number): Promise<RenderedPage> {
  const random = seededRandom(seed);
  const lines = Array.from({ length: lineCount }, () => {
    let line = '';
    while (line.length < 57) line += `${line && ' '}${vocabulary[Math.floor(random() * vocabulary.length)]}`;
    return line;
  });
  const step = (height - 200) / lineCount;
  const texts = lines.map(
    (line, i) =>
      `<text x="110" y="${(130 + i * step).toFixed(0)}" font-size="26" font-family="DejaVu Serif">${line}</text>`,
  );
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="#fff"/>${texts.join('')}</svg>`;
  // The media room forbids SVG for the whole process; this one is our own.
  sharp.unblock({ operation: ['VipsForeignLoadSvgBuffer'] });
  return { bytes: new Uint8Array(await sharp(Buffer.from(svg)).png().toBuffer()), lines };
}
