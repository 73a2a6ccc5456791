/** A rectangle in pixels of the picture, origin at its top left. */
export interface Rect {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A caption that wants a place beside what it is about. */
export interface PlacementWish {
  readonly anchor: Rect;
  /** Of the caption with its margins, pixels. */
  readonly width: number;
  readonly height: number;
}

/** Where a search for a free place gives up, in captions' heights from the anchor. */
const farthest = 12;

/**
 * Finds a place for each caption: above its anchor where that is free, else below, inside or beside it, else the nearest
 * free place around. No two overlap and none leaves the picture; where there is no such place, the answer is undefined.
 * Wishes are served in their order.
 *
 * @returns left and top of each caption, pixels
 */
export function placeCaptions(
  wishes: readonly PlacementWish[],
  picture: { readonly width: number; readonly height: number },
): readonly (Rect | undefined)[] {
  const taken: Rect[] = [];
  return wishes.map(({ anchor, width, height }) => {
    if (width > picture.width || height > picture.height) return undefined;
    for (const at of placesAround(anchor, width, height)) {
      const place = {
        left: clamp(Math.round(at.left), 0, Math.floor(picture.width - width)),
        top: clamp(Math.round(at.top), 0, Math.floor(picture.height - height)),
        width,
        height,
      };
      if (taken.some((other) => overlap(place, other))) continue;
      taken.push(place);
      return place;
    }
    return undefined;
  });
}

/** Places from the best to the worst. */
function* placesAround(anchor: Rect, width: number, height: number): Generator<{ left: number; top: number }> {
  const bottom = anchor.top + anchor.height;
  const right = anchor.left + anchor.width;
  yield { left: anchor.left, top: anchor.top - height };
  yield { left: anchor.left, top: bottom };
  yield { left: anchor.left, top: anchor.top };
  yield { left: anchor.left, top: bottom - height };
  yield { left: right - width, top: anchor.top - height };
  yield { left: right - width, top: bottom };
  yield { left: right, top: anchor.top };
  yield { left: anchor.left - width, top: anchor.top };
  for (let step = 1; step <= farthest; step += 1) {
    const offset = (step * height) / 2;
    for (const left of [
      anchor.left,
      anchor.left - width * 0.5,
      anchor.left + width * 0.5,
      right,
      anchor.left - width,
    ]) {
      yield { left, top: anchor.top - height - offset };
      yield { left, top: bottom + offset };
      yield { left, top: anchor.top + 2 * offset };
    }
  }
}

/** Whether two rectangles share area; edges that touch do not. */
export function overlap(a: Rect, b: Rect): boolean {
  return a.left < b.left + b.width && b.left < a.left + a.width && a.top < b.top + b.height && b.top < a.top + a.height;
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}

/**
 * Flows captions into lines, left to right, as words flow on a page.
 *
 * @returns the left and top of each, and the height of all; each is at most as wide as the page
 */
export function flowCaptions(
  sizes: readonly { readonly width: number; readonly height: number }[],
  page: { readonly width: number; readonly gap: number },
): { readonly places: readonly { readonly left: number; readonly top: number }[]; readonly height: number } {
  let left = page.gap;
  let top = page.gap;
  let line = 0;
  const places = sizes.map(({ width, height }) => {
    if (left > page.gap && left + width + page.gap > page.width) {
      left = page.gap;
      top += line + page.gap;
      line = 0;
    }
    const place = { left, top };
    left += width + page.gap;
    line = Math.max(line, height);
    return place;
  });
  return { places, height: sizes.length === 0 ? 0 : top + line + page.gap };
}
