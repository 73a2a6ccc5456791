import sharp from 'sharp';
import { escapeHtml } from '../../shared/page.ts';

/** A caption as pixels: text on a plate of its colour, so that it reads on any picture. */
export interface CaptionImage {
  /** PNG. */
  readonly png: Buffer;
  readonly width: number;
  readonly height: number;
}

/** Longer captions end in an ellipsis; nobody reads more beside a frame. */
const mostCharacters = 80;

/** Makes captions of one size; each text and colour is drawn once. */
export function captionMaker(fontPx: number, mostWidth: number) {
  const made = new Map<string, Promise<CaptionImage | undefined>>();
  /** @returns undefined where there is nothing to show */
  return (text: string, colour: string): Promise<CaptionImage | undefined> => {
    const key = `${colour} ${text}`;
    const known = made.get(key) ?? makeCaption(text, colour, fontPx, mostWidth);
    made.set(key, known);
    return known;
  };
}

async function makeCaption(
  text: string,
  colour: string,
  fontPx: number,
  mostWidth: number,
): Promise<CaptionImage | undefined> {
  const shown = displayText(text);
  if (shown === '') return undefined;
  const marginX = Math.max(2, Math.round(fontPx * 0.3));
  const marginY = Math.max(1, Math.round(fontPx * 0.15));
  const ink = inkOn(colour);
  const drawn = await sharp({
    text: {
      text: `<span foreground="${ink}">${escapeHtml(shown)}</span>`,
      // At 72 dots per inch a point is a pixel.
      font: `sans bold ${fontPx}`,
      dpi: 72,
      rgba: true,
    },
  })
    .png()
    .toBuffer({ resolveWithObject: true });
  const widest = Math.max(1, mostWidth - 2 * marginX);
  const cut = drawn.info.width > widest;
  const width = Math.min(drawn.info.width, widest);
  // All plates of a size are equally high, whether their letters reach up or down.
  const height = Math.max(Math.round(fontPx * 1.25), drawn.info.height) + 2 * marginY;
  const letters = cut
    ? await sharp(drawn.data).extract({ left: 0, top: 0, width, height: drawn.info.height }).toBuffer()
    : drawn.data;
  const plate = { width: width + 2 * marginX, height };
  const png = await sharp({ create: { ...plate, channels: 4, background: colour } })
    .composite([{ input: letters, left: marginX, top: Math.floor((height - drawn.info.height) / 2) }])
    .png()
    .toBuffer();
  return { png, ...plate };
}

/**
 * A caption as it may be drawn: one line, without what cannot be written as text, and not longer than anyone reads.
 * Captions hold what strangers wrote into pictures and file names; marks that turn the reading direction would let them
 * show something else than they are.
 */
export function displayText(text: string): string {
  const clean = text
    // Control and formatting characters, halves of surrogate pairs, private use, what is no character.
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}]+/gu, ' ')
    .replaceAll(/\s+/gu, ' ')
    .trim();
  const characters = [...clean];
  return characters.length <= mostCharacters ? clean : `${characters.slice(0, mostCharacters - 1).join('')}…`;
}

/** Black or white, whichever reads better on a colour `#rrggbb`. @source WCAG 2.2, relative luminance */
export function inkOn(colour: string): '#000000' | '#ffffff' {
  const linear = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  const [red = 0, green = 0, blue = 0] = linear;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? '#000000' : '#ffffff';
}
