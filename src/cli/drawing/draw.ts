import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import sharp, { type OverlayOptions, type Sharp } from 'sharp';
import { UsageError } from '../exit-codes.ts';
import { captionMaker } from './caption.ts';
import { flowCaptions, type PlacementWish, placeCaptions, type Rect } from './placement.ts';
import { type Canvas, drawDot, drawOutline, type Place } from './strokes.ts';

/** A point as answers have it: ratios of the upright image. */
export interface DrawnPoint {
  readonly X?: number | undefined;
  readonly Y?: number | undefined;
}

/** A box as answers have it: ratios of the upright image. */
export interface DrawnBox {
  readonly Left?: number | undefined;
  readonly Top?: number | undefined;
  readonly Width?: number | undefined;
  readonly Height?: number | undefined;
}

/** A frame to draw: a polygon where there is one, else a box, with a caption beside it. */
export interface Frame {
  readonly box: DrawnBox | undefined;
  /** Corners in order, such as those of a line of text that lies askew. */
  readonly polygon?: readonly DrawnPoint[] | undefined;
  /** Any text; none: no caption. */
  readonly caption: string;
  /** `#rrggbb`. */
  readonly colour: string;
  /** Landmarks, as dots. */
  readonly points?: readonly DrawnPoint[] | undefined;
}

/** A result without a place in the picture, such as a label. */
export interface ListedCaption {
  readonly caption: string;
  /** `#rrggbb`; default light grey. */
  readonly colour?: string;
}

/** A drawn picture. */
export interface DrawnPicture {
  readonly image: Sharp;
  readonly width: number;
  readonly height: number;
}

/** Colours that stay apart also for people with colour-blindness. @source Okabe and Ito, Color Universal Design, 2008 */
export const frameColours = [
  '#ffd400',
  '#56b4e9',
  '#2ee66b',
  '#e69f00',
  '#cc79a7',
  '#ff5a4d',
  '#0072b2',
  '#f0e442',
] as const;

const SHADOW = { colour: '#000000', opacity: 0.55 };
const listColour = '#d9dde3';
const panelColour = '#16181d';
/** Smaller pictures are drawn larger: a caption of readable size would cover them. */
const leastLongSide = 640;
const leastFontPx = 12;
const writable = new Set(['.png', '.jpg', '.jpeg', '.webp', '.avif', '.tif', '.tiff', '.gif']);

/**
 * Writes a copy of an image with frames drawn on it and, below it, a list of captions without a place; the format
 * follows the file's extension.
 *
 * @throws {UsageError} when the image cannot be read, or the file not be written
 */
export async function drawFrames(
  imagePath: string,
  frames: readonly Frame[],
  outPath: string,
  list: readonly ListedCaption[] = [],
): Promise<void> {
  requireWritable(outPath);
  const drawn = await renderFrames(imagePath, frames, list);
  await writePicture(drawn, outPath);
}

/** @throws {UsageError} when pictures are not written under such a name */
export function requireWritable(outPath: string): void {
  if (writable.has(extname(outPath).toLowerCase())) return;
  throw new UsageError(`cannot draw to ${outPath}: name a file that ends in .png, .jpg or .webp`);
}

/** Writes a drawn picture. @throws {UsageError} when it cannot */
export async function writePicture({ image }: DrawnPicture, outPath: string): Promise<void> {
  try {
    await image.toFile(outPath);
  } catch (cause) {
    throw new UsageError(`cannot draw to ${outPath}: ${(cause as Error).message}`);
  }
}

/**
 * Draws frames and a list of captions on a picture. Captions neither overlap nor leave the picture; where it is too
 * full, they go to the list.
 *
 * @param options.longSide scales the picture to it first; default: as it is, at least 640 pixels
 * @throws {UsageError} when the image cannot be read
 */
export async function renderFrames(
  imagePath: string,
  frames: readonly Frame[],
  list: readonly ListedCaption[] = [],
  options: { readonly longSide?: number } = {},
): Promise<DrawnPicture> {
  const { data, info } = await openUpright(imagePath, options.longSide);
  const { width, height } = info;
  const longSide = Math.max(width, height);
  const stroke = Math.max(2, Math.round(longSide / 500));
  const fontPx = fontFor(longSide, frames.length);
  const caption = captionMaker(fontPx, width);

  const wishes: (PlacementWish & { frame: Frame; png: Buffer })[] = [];
  for (const frame of frames) {
    const image = await caption(frame.caption, frame.colour);
    if (image === undefined) continue;
    wishes.push({ frame, anchor: grow(boundsOf(frame, width, height), stroke), ...image });
  }
  const places = placeCaptions(wishes, { width, height });
  drawShapes({ data, width, height }, frames, stroke);
  const layers: OverlayOptions[] = [];
  const homeless: ListedCaption[] = [];
  for (const [index, { frame, png }] of wishes.entries()) {
    const place = places[index];
    if (place === undefined) homeless.push({ caption: frame.caption, colour: frame.colour });
    else layers.push({ input: png, left: place.left, top: place.top });
  }

  const listed = [...homeless, ...list];
  const gap = Math.round(fontPx / 2);
  const plates = (await Promise.all(listed.map((item) => captionMakerOf(caption, item)))).filter(
    (plate) => plate !== undefined,
  );
  const flow = flowCaptions(plates, { width, gap });
  for (const [index, plate] of plates.entries()) {
    const { left = 0, top = 0 } = flow.places[index] ?? {};
    layers.push({ input: plate.png, left, top: height + top });
  }
  // Composing happens after extending only from a buffer: sharp extends last, whatever the order of the calls.
  const base = await sharp(data, { raw: info })
    .extend({ bottom: flow.height, background: panelColour })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return {
    image: sharp(base.data, { raw: base.info }).composite(layers).removeAlpha(),
    width,
    height: height + flow.height,
  };
}

const captionMakerOf = (make: ReturnType<typeof captionMaker>, { caption, colour }: ListedCaption) =>
  make(caption, colour ?? listColour);

/** The picture as people see it: upright, on white where it is transparent, RGB. */
async function openUpright(imagePath: string, longSide: number | undefined) {
  try {
    // By its bytes: where the house decodes images, libvips opens no files.
    const upright = await sharp(await readFile(imagePath))
      .autoOrient()
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const { width, height, channels } = upright.info;
    const long = Math.max(width, height);
    const wanted = longSide ?? Math.max(long, leastLongSide);
    const raw = { width, height, channels };
    if (wanted === long && channels === 3) return { data: upright.data, info: raw };
    const resized = await sharp(upright.data, { raw })
      .resize(width >= height ? { width: wanted } : { height: wanted })
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    return {
      data: resized.data,
      info: { width: resized.info.width, height: resized.info.height, channels: resized.info.channels },
    };
  } catch (cause) {
    throw new UsageError(`cannot read ${imagePath}: ${(cause as Error).message}`);
  }
}

/** Pictures full of frames have smaller captions, so that more of them find a place. */
function fontFor(longSide: number, frames: number): number {
  const crowded = frames > 60 ? 90 : frames > 25 ? 70 : 50;
  return Math.max(leastFontPx, Math.round(longSide / crowded));
}

/** Draws each frame twice, dark and wider below, so that it shows on any background. */
function drawShapes(canvas: Canvas, frames: readonly Frame[], stroke: number): void {
  const { width, height } = canvas;
  const at = ({ X = 0, Y = 0 }: DrawnPoint): Place => ({ x: X * width, y: Y * height });
  for (const frame of frames) {
    const { colour, points = [] } = frame;
    const corners = cornersOf(frame, width, height);
    const paint = { colour, opacity: 1 };
    drawOutline(canvas, corners, 2 * stroke, SHADOW);
    drawOutline(canvas, corners, stroke, paint);
    for (const point of points) {
      drawDot(canvas, at(point), stroke * 1.25, SHADOW);
      drawDot(canvas, at(point), stroke, paint);
    }
  }
}

/** Of the polygon where there is one, else of the box; none where there is neither. */
function cornersOf(frame: Frame, width: number, height: number): readonly Place[] {
  const { polygon, box } = frame;
  if (polygon !== undefined && polygon.length > 2) {
    return polygon.map(({ X = 0, Y = 0 }) => ({ x: X * width, y: Y * height }));
  }
  if (box === undefined) return [];
  const { left, top, width: across, height: down } = boundsOf(frame, width, height);
  return [
    { x: left, y: top },
    { x: left + across, y: top },
    { x: left + across, y: top + down },
    { x: left, y: top + down },
  ];
}

/** What a frame spans, in pixels. */
function boundsOf({ box, polygon }: Frame, width: number, height: number): Rect {
  if (polygon !== undefined && polygon.length > 2) {
    const xs = polygon.map(({ X = 0 }) => X * width);
    const ys = polygon.map(({ Y = 0 }) => Y * height);
    const left = Math.min(...xs);
    const top = Math.min(...ys);
    return { left, top, width: Math.max(...xs) - left, height: Math.max(...ys) - top };
  }
  return {
    left: (box?.Left ?? 0) * width,
    top: (box?.Top ?? 0) * height,
    width: Math.max(0, (box?.Width ?? 0) * width),
    height: Math.max(0, (box?.Height ?? 0) * height),
  };
}

const grow = ({ left, top, width, height }: Rect, by: number): Rect => ({
  left: left - by,
  top: top - by,
  width: width + 2 * by,
  height: height + 2 * by,
});
