import { type RequestOf, ServiceError } from '../../contract/index.ts';
import type { Point } from '../../shared/geometry.ts';
import { cornersOfBox } from '../../shared/polygons.ts';

type Region = NonNullable<NonNullable<RequestOf<'DetectText'>['Filters']>['RegionsOfInterest']>[number];

/** Corners that Rekognition takes in a region's polygon. */
const fewestCorners = 3;
const mostCorners = 10;

/**
 * The regions of a request as polygons of ratios.
 *
 * @throws {ServiceError} InvalidParameterException for a region that is neither a box nor a polygon, both, or not
 *   inside the image
 * @source https://docs.aws.amazon.com/rekognition/latest/APIReference/API_RegionOfInterest.html
 */
export function regionPolygons(regions: readonly Region[]): readonly (readonly Point[])[] {
  return regions.map(({ BoundingBox, Polygon }) => {
    if ((BoundingBox === undefined) === (Polygon === undefined)) throw invalid();
    if (Polygon !== undefined) {
      if (Polygon.length < fewestCorners || Polygon.length > mostCorners) throw invalid();
      return Polygon.map(({ X, Y }) => ({ x: ratio(X), y: ratio(Y) }));
    }
    const { Left, Top, Width, Height } = BoundingBox ?? {};
    const box = { left: ratio(Left), top: ratio(Top), width: ratio(Width), height: ratio(Height) };
    if (box.width === 0 || box.height === 0) throw invalid();
    return cornersOfBox(box);
  });
}

function ratio(value: number | undefined): number {
  if (value === undefined || !(value >= 0 && value <= 1)) throw invalid();
  return value;
}

function invalid(): ServiceError {
  return new ServiceError('InvalidParameterException', 'Request has invalid parameters');
}
