/** A colour in CIE L*a*b* under D65: lightness 0..100, then green to red and blue to yellow, about -128..127. */
export type Lab = readonly [lightness: number, a: number, b: number];

/** D65's X and Z for Y = 1. */
const WHITE_X = 0.95047;
const WHITE_Z = 1.08883;
const CUBE_FROM = 216 / 24389;
const LINE_SLOPE = 24389 / 27;

/** sRGB's curve for each of 256 values. */
const LINEAR = Float64Array.from({ length: 256 }, (_, value) => {
  const c = value / 255;
  return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
});

const fold = (t: number): number => (t > CUBE_FROM ? Math.cbrt(t) : (LINE_SLOPE * t + 16) / 116);
const unfold = (t: number): number => (t ** 3 > CUBE_FROM ? t ** 3 : (116 * t - 16) / LINE_SLOPE);

/**
 * Turns sRGB into Lab.
 *
 * @param red 0..255; fractions are rounded, as are those of the others
 * @source IEC 61966-2-1 and CIE 15
 */
export function labOf(red: number, green: number, blue: number): Lab {
  const r = linear(red);
  const g = linear(green);
  const b = linear(blue);
  const x = fold((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / WHITE_X);
  const y = fold(0.2126729 * r + 0.7151522 * g + 0.072175 * b);
  const z = fold((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / WHITE_Z);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** Turns Lab into sRGB, 0..255 each, clipped to what sRGB can show. */
export function rgbOfLab([lightness, a, b]: Lab): readonly [red: number, green: number, blue: number] {
  const y = (lightness + 16) / 116;
  const x = WHITE_X * unfold(y + a / 500);
  const z = WHITE_Z * unfold(y - b / 200);
  const light = unfold(y);
  return [
    coded(3.2404542 * x - 1.5371385 * light - 0.4985314 * z),
    coded(-0.969266 * x + 1.8760108 * light + 0.041556 * z),
    coded(0.0556434 * x - 0.2040259 * light + 1.0572252 * z),
  ];
}

/** How far two colours are apart, by CIE 1976: about 2.3 is just seen. */
export function labDistance(one: Lab, other: Lab): number {
  return Math.hypot(one[0] - other[0], one[1] - other[1], one[2] - other[2]);
}

function linear(value: number): number {
  return LINEAR[Math.min(255, Math.max(0, Math.round(value)))] as number;
}

function coded(value: number): number {
  const c = value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055;
  return Math.min(255, Math.max(0, Math.round(255 * c)));
}
