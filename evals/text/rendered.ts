import sharp from 'sharp';
import { seededRandom } from '../faces/random.ts';

/** A picture with text whose every word is known. */
export interface RenderedText {
  /** JPEG. */
  readonly bytes: Uint8Array;
  /** In reading order, a list for each line. */
  readonly lines: readonly (readonly string[])[];
  /** How far the text is turned clockwise. */
  readonly degrees: number;
  readonly font: string;
  readonly fontPixels: number;
}

/** Families asked for; fontconfig puts others in their place where they are not installed. */
export const renderedFonts = ['DejaVu Sans', 'DejaVu Serif', 'DejaVu Sans Mono', 'DejaVu Sans Condensed'] as const;

const width = 900;
const height = 600;
const jpegQuality = 80;
const mostDegrees = 40;

/** Words of signs, with capitals, numbers and signs between as they have. */
const vocabulary =
  'the quick brown fox jumps over lazy dog Coffee shop OPEN daily Main Street platform EXIT sale today only fresh bread WARNING no parking Hotel reception fire station bus stop library community centre welcome parcels weight limit tonnes Room Level Gate Flight arrives 24 7 1987 250 12:45 9.99 No. A4 50% km/h'.split(
    ' ',
  );

/**
 * Renders pictures of signs: one to three lines of two to five words, turned by up to 40 degrees either way (every
 * fifth not at all), light on dark or dark on light, on a background of shapes and noise, as JPEG.
 *
 * @param count of pictures; the first are the same whatever the count
 * @param seed any whole number; the same gives the same pictures with the same fonts
 */
export async function* renderTexts(count: number, seed: number): AsyncGenerator<RenderedText> {
  for (let i = 0; i < count; i++) yield renderText(seededRandom(seed * 100_003 + i), i);
}

async function renderText(random: () => number, index: number): Promise<RenderedText> {
  const between = (from: number, to: number): number => from + random() * (to - from);
  const pick = <Thing>(things: readonly Thing[]): Thing => things[Math.floor(random() * things.length)] as Thing;
  const font = pick(renderedFonts);
  const fontPixels = Math.round(between(18, 44));
  const degrees = index % 5 === 0 ? 0 : between(-mostDegrees, mostDegrees);
  const lines = Array.from({ length: 1 + Math.floor(random() * 3) }, () =>
    fitting(
      Array.from({ length: 2 + Math.floor(random() * 4) }, () => pick(vocabulary)),
      fontPixels,
    ),
  );
  const dark = random() > 0.5;
  const [ink, paper] = dark ? ['#f6f4ee', '#1d2733'] : ['#161616', '#efece2'];
  const lineStep = fontPixels * 1.5;
  const board = {
    width: Math.max(...lines.map((words) => words.join(' ').length)) * fontPixels * 0.64 + 2 * fontPixels,
    height: lines.length * lineStep + fontPixels,
  };
  const texts = lines.map((words, row) => {
    const y = -board.height / 2 + fontPixels * 0.5 + (row + 0.75) * lineStep;
    return `<text x="0" y="${y.toFixed(1)}" text-anchor="middle" font-size="${fontPixels}" font-family="${font}" fill="${ink}">${escaped(words.join(' '))}</text>`;
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${shapes(between, pick)}
    <g transform="translate(${width / 2} ${height / 2}) rotate(${degrees.toFixed(2)})">
    <rect x="${-board.width / 2}" y="${-board.height / 2}" width="${board.width}" height="${board.height}" fill="${paper}" opacity="0.9"/>${texts.join('')}</g></svg>`;
  // The media room forbids SVG for the whole process; this one is our own.
  sharp.unblock({ operation: ['VipsForeignLoadSvgBuffer'] });
  const noise = await grain(random);
  const bytes = await sharp(Buffer.from(svg))
    .composite([{ input: noise, raw: { width, height, channels: 4 } }])
    .flatten({ background: '#ffffff' })
    .jpeg({ quality: jpegQuality })
    .toBuffer();
  return { bytes: new Uint8Array(bytes), lines, degrees, font, fontPixels };
}

/** As many words as stay in the picture, turned as they may be. */
function fitting(words: readonly string[], fontPixels: number): readonly string[] {
  const kept = [...words];
  while (kept.length > 1 && kept.join(' ').length * fontPixels * 0.64 > height) kept.pop();
  return kept;
}

function shapes(between: (from: number, to: number) => number, pick: <T>(things: readonly T[]) => T): string {
  const colours = ['#7a8f6a', '#a9856b', '#5f7fa3', '#c2b280', '#8c5f6b', '#4d5a50', '#d8d2c4'];
  const parts = Array.from({ length: 24 }, () => {
    const fill = pick(colours);
    const [x, y] = [between(-50, width), between(-50, height)];
    return `<ellipse cx="${x.toFixed(0)}" cy="${y.toFixed(0)}" rx="${between(20, 220).toFixed(0)}" ry="${between(20, 160).toFixed(0)}" fill="${fill}"/>`;
  });
  return `<rect width="100%" height="100%" fill="${pick(colours)}"/>${parts.join('')}`;
}

/** Grain of a small sensor over everything: grey, of up to a sixth of the range. */
async function grain(random: () => number): Promise<Buffer> {
  const pixels = Buffer.alloc(width * height * 4);
  for (let at = 0; at < pixels.length; at += 4) {
    const value = Math.floor(random() * 256);
    pixels.fill(value, at, at + 3);
    pixels[at + 3] = 40;
  }
  return pixels;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
