import type { Box } from '../../shared/geometry.ts';
import { readCocoLabels } from '../../shared/label-table.ts';
import type { Pyramid } from '../align/raster.ts';
import { type PixelFormat, scaleImage } from '../align/warp.ts';
import { suppress } from '../detect/boxes.ts';
import type { PixelBox } from '../measured-face.ts';
import { type Net, openNet } from '../sessions/net.ts';
import { asToldCurve } from './calibration.ts';
import { labelsOfObjects, type SeenObject } from './nanodet.ts';
import { toPlanes } from './pixels.ts';
import type { LabelSourceDefinition } from './source.ts';

/** Side of the square that the picture is fitted into at the top left, pixels. */
const SIDE = 640;
const STRIDES = [8, 16, 32] as const;
const CLASSES = 80;
/** x, y, width, height, objectness, classes. */
const CELL = 5 + CLASSES;
const CELLS = STRIDES.reduce((sum, stride) => sum + (SIDE / stride) ** 2, 0);
/** The authors' own evaluation looks further down; nobody asks labels this unsure. */
const MIN_SCORE = 0.05;
/** Share of the union above which two boxes of a class are one object: that of OpenCV Zoo's example. */
const SAME_OBJECT = 0.5;

const FORMAT: PixelFormat = { order: 'rgb', mean: [0, 0, 0], scale: 1, outside: 114 };

/**
 * Reads the objects out of YOLOX' cells: in each the likeliest class, its score objectness times class, and of each
 * class the best of every group of boxes that mean the same object, best first.
 *
 * @param cells `[8400, 85]`, strides 8, 16, 32, row by row: centre from the cell's corner in cells, logarithm of width
 * and height in cells, objectness 0..1, classes 0..1
 * @returns boxes in pixels of the 640 x 640 picture, its corner at 0
 * @source Ge et al., "YOLOX: Exceeding YOLO Series in 2021", arXiv:2107.08430
 */
export function decodeYolox(cells: Float32Array, minScore: number): SeenObject[] {
  if (cells.length !== CELLS * CELL) throw new Error(`YOLOX answers ${cells.length} numbers, expected ${CELLS * CELL}`);
  const found = new Map<number, SeenObject[]>();
  let offset = 0;
  for (const stride of STRIDES) {
    const columns = SIDE / stride;
    for (let cell = 0; cell < columns * columns; cell++, offset += CELL) {
      const at = (index: number): number => cells[offset + index] as number;
      const objectness = at(4);
      if (objectness < minScore) continue;
      let kind = 0;
      for (let i = 1; i < CLASSES; i++) if (at(5 + i) > at(5 + kind)) kind = i;
      const score = objectness * at(5 + kind);
      if (score < minScore) continue;
      const x = (at(0) + (cell % columns)) * stride;
      const y = (at(1) + Math.floor(cell / columns)) * stride;
      const [width, height] = [Math.exp(at(2)) * stride, Math.exp(at(3)) * stride];
      const box = { x0: x - width / 2, y0: y - height / 2, x1: x + width / 2, y1: y + height / 2 };
      found.set(kind, [...(found.get(kind) ?? []), { kind, score, box }]);
    }
  }
  return [...found.values()].flatMap((ofKind) => suppress(ofKind, SAME_OBJECT)).sort((a, b) => b.score - a.score);
}

async function runYolox(net: Net, image: Pyramid, minScore: number) {
  const scale = SIDE / Math.max(image.width, image.height);
  const picture = scaleImage(image, scale, SIDE, SIDE, FORMAT);
  const outputs = await net.run(toPlanes(picture, [0, 0, 0], [1, 1, 1]), [1, 3, SIDE, SIDE]);
  const [cells] = Object.values(outputs);
  if (cells === undefined) throw new Error('YOLOX answers nothing');
  return decodeYolox(cells.data, minScore).flatMap(({ box, ...object }) => {
    const ratios = ratiosOf(box, image, scale);
    return ratios.width > 0 && ratios.height > 0 ? [{ ...object, box: ratios }] : [];
  });
}

function ratiosOf(box: PixelBox, image: Pyramid, scale: number): Box {
  const ratio = (at: number, size: number): number => Math.min(1, Math.max(0, at / (size * scale)));
  const left = ratio(box.x0, image.width);
  const top = ratio(box.y0, image.height);
  return { left, top, width: ratio(box.x1, image.width) - left, height: ratio(box.y1, image.height) - top };
}

/** Objects of COCO's 80 classes by YOLOX-S, where its pack is installed: instead of nanodet. */
export const yolox: LabelSourceDefinition = {
  id: 'yolox',
  version: '1',
  side: 2 * SIDE,
  findsObjects: true,
  replaces: 'nanodet',
  async coverage({ packs }) {
    if ((await packs.installed('yolox')) === undefined) return undefined;
    return {
      source: 'yolox',
      version: '1',
      operation: 'DetectLabels',
      labels: [...readCocoLabels()].sort(),
      notCovered:
        'Scenes, events, materials, breeds and every object outside of COCO 2017. Its accuracy was not measured here, and its confidence is the score of the model (objectness times class), not calibrated.',
    };
  },
  async open({ packs }) {
    const { files } = (await packs.installed('yolox')) ?? { files: [] };
    const net = await openNet(await packs.load('yolox', files[0]?.path ?? ''));
    return {
      async look(image, options, signal) {
        signal.throwIfAborted();
        const minScore = Math.max(MIN_SCORE, asToldCurve.scoreOf(options.minConfidence));
        return labelsOfObjects(await runYolox(net, image, minScore), 'yolox', asToldCurve, options);
      },
      close: () => net.close(),
    };
  },
};
