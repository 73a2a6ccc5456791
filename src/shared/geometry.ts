/** A rectangle as ratios of the upright image's width and height, origin top left; may reach beyond 0..1 at the borders. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A point as ratios of the upright image's width and height, origin top left. */
export interface Point {
  readonly x: number;
  readonly y: number;
}
