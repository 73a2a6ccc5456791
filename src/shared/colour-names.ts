import { type Lab, labDistance, labOf } from './lab.ts';
import { readData } from './package-root.ts';

/** What a colour is called. */
export interface ColourName {
  /** Its own code, such as `#4682b4`. */
  readonly hex: string;
  /** The nearest named colour of CSS, such as `steelblue`. */
  readonly css: string;
  /** That one's group: black, blue, brown, cyan, green, grey, orange, pink, purple, red, white or yellow. */
  readonly simple: string;
}

/** Names colours by the nearest named colour of CSS in Lab (data/css-colours.json, read once for each namer). */
export function colourNamer(): (red: number, green: number, blue: number) => ColourName {
  const { colours } = readData<{ readonly colours: readonly (readonly [css: string, hex: string, simple: string])[] }>(
    'css-colours.json',
  );
  const named = colours.map(([css, hex, simple]) => ({ css, simple, lab: labOfHex(hex) }));
  return (red, green, blue) => {
    const lab = labOf(red, green, blue);
    let best = { css: 'black', simple: 'black', distance: Number.POSITIVE_INFINITY };
    for (const { lab: other, css, simple } of named) {
      const distance = labDistance(lab, other);
      if (distance < best.distance) best = { css, simple, distance };
    }
    return { hex: hexOf(red, green, blue), css: best.css, simple: best.simple };
  };
}

function labOfHex(hex: string): Lab {
  const part = (at: number): number => Number.parseInt(hex.slice(at, at + 2), 16);
  return labOf(part(1), part(3), part(5));
}

function hexOf(...channels: readonly number[]): string {
  return `#${channels.map((value) => Math.round(value).toString(16).padStart(2, '0')).join('')}`;
}
