/** Pixels that are drawn on: `[height, width, 3]` RGB 0..255. */
export interface Canvas {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** A place on a canvas in pixels, origin at its top left corner. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/** A colour `#rrggbb`, and how much of it covers what is below, 0..1. */
export interface Paint {
  readonly colour: string;
  readonly opacity: number;
}

/**
 * Draws a closed outline with smooth edges and round corners. Nothing is loaded for it: where the house decodes
 * untrusted images, libvips may not read SVG.
 *
 * @param width of the line, pixels
 */
export function drawOutline(canvas: Canvas, corners: readonly Place[], width: number, paint: Paint): void {
  for (const [index, from] of corners.entries()) {
    drawLine(canvas, from, corners[(index + 1) % corners.length] ?? from, width, paint);
  }
}

/** Draws a dot with a smooth edge. */
export function drawDot(canvas: Canvas, centre: Place, radius: number, paint: Paint): void {
  drawLine(canvas, centre, centre, 2 * radius, paint);
}

/** Paints each pixel by how near its centre is to the segment. */
function drawLine(canvas: Canvas, from: Place, to: Place, width: number, { colour, opacity }: Paint): void {
  const half = width / 2;
  const reach = half + 0.5;
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(dx, dy);
  const [ux, uy] = length === 0 ? [1, 0] : [dx / length, dy / length];
  const rgb = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  const top = Math.max(0, Math.floor(Math.min(from.y, to.y) - reach));
  const bottom = Math.min(canvas.height - 1, Math.ceil(Math.max(from.y, to.y) + reach));
  const left = Math.max(0, Math.floor(Math.min(from.x, to.x) - reach));
  const right = Math.min(canvas.width - 1, Math.ceil(Math.max(from.x, to.x) + reach));
  for (let y = top; y <= bottom; y += 1) {
    const py = y + 0.5 - from.y;
    // Of a long slanting line, each row meets a few pixels only: those within reach of the line through both ends.
    const [first, last] =
      Math.abs(uy) < 1e-6
        ? [left, right]
        : [from.x + (py * ux - reach) / uy, from.x + (py * ux + reach) / uy].sort((a, b) => a - b);
    const begin = Math.max(left, Math.floor(first ?? left) - 1);
    const end = Math.min(right, Math.ceil(last ?? right) + 1);
    for (let x = begin; x <= end; x += 1) {
      const px = x + 0.5 - from.x;
      const along = Math.min(length, Math.max(0, px * ux + py * uy));
      const distance = Math.hypot(px - along * ux, py - along * uy);
      const cover = Math.min(1, Math.max(0, reach - distance)) * opacity;
      if (cover > 0) blend(canvas.data, 3 * (y * canvas.width + x), rgb, cover);
    }
  }
}

function blend(data: Uint8Array, at: number, rgb: readonly number[], cover: number): void {
  for (let channel = 0; channel < 3; channel += 1) {
    const below = data[at + channel] ?? 0;
    data[at + channel] = Math.round(below + cover * ((rgb[channel] ?? 0) - below));
  }
}
