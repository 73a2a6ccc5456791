import { describe, expect, it } from 'vitest';
import { readImagenetLabels } from '../../shared/label-table.ts';
import { pyramidOf } from '../align/raster.ts';
import type { FaceAttribute } from '../faces.ts';
import { createOnnxGraph, type OnnxGraph } from '../models/onnx-writer.ts';
import type { PackStore } from '../packs/store.ts';
import { concepts, labelsOfPicture, openLabelVectors, probabilityOf, readSigmoidOfCosine } from './concepts.ts';
import { imagenet, imagenetInput, readImagenetClasses } from './imagenet.ts';
import { coveragesOf } from './label-engine.ts';
import { canonical, digestOfPrompts, labelPrompts, labelVectorsStep, readLabelVectors } from './label-vectors.ts';
import { stretchImage } from './pixels.ts';
import type { LabelSourceDefinition, LabelSourceParts } from './source.ts';
import { labelSources } from './sources.ts';
import { decodeYolox, yolox } from './yolox.ts';

const { signal } = new AbortController();
const none: ReadonlySet<FaceAttribute> = new Set();
const all = { minConfidence: 0, attributes: none };

/** An image of one colour, or of one colour for each pixel. */
function imageOf(width: number, height: number, colourAt: (x: number, y: number) => readonly [number, number, number]) {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data.set(colourAt(x, y), (y * width + x) * 3);
  return pyramidOf({ width, height, data });
}
const grey = imageOf(64, 32, () => [128, 128, 128]);

/** A net written here that has a documented signature. */
function netOf(build: (graph: OnnxGraph) => void): Uint8Array {
  const graph = createOnnxGraph('tiny');
  build(graph);
  return graph.serialise();
}

/** A store that holds one pack, with these files and products. */
function packsOf(
  id: string,
  files: Readonly<Record<string, Uint8Array>>,
  ready = true,
): Pick<PackStore, 'installed' | 'load'> {
  return {
    async installed(asked) {
      if (asked !== id) return undefined;
      const named = Object.keys(files).map((path) => ({ path, bytes: 1, sha256: '', pinnedBy: 'manifest' as const }));
      return { ready, files: named, products: [] } as unknown as Awaited<ReturnType<PackStore['installed']>>;
    },
    async load(asked, file) {
      const bytes = asked === id ? files[file] : undefined;
      if (bytes === undefined) throw new Error(`no ${file}`);
      return bytes;
    },
  };
}

const partsOf = (packs: Pick<PackStore, 'installed' | 'load'>): LabelSourceParts =>
  ({ packs, models: {}, faces: {} }) as unknown as LabelSourceParts;
const open = (source: LabelSourceDefinition, packs: Pick<PackStore, 'installed' | 'load'>) =>
  source.open(partsOf(packs));

describe('the sources that packs bring', () => {
  it('are absent without their packs, and YOLOX takes the place of nanodet with its own', async () => {
    const named = async (packs: Pick<PackStore, 'installed' | 'load'>) =>
      (await coveragesOf(labelSources, partsOf(packs))).map(({ definition }) => definition.id);
    expect(await named(packsOf('none', {}))).toEqual(['nanodet', 'faces']);
    expect(await named(packsOf('yolox', {}))).toEqual(['yolox', 'faces']);
    expect(await named(packsOf('imagenet', {}))).toEqual(['nanodet', 'faces', 'imagenet']);
    expect(await named(packsOf('concepts', {}))).toEqual(['nanodet', 'faces', 'concepts']);
    expect(await named(packsOf('concepts', {}, false))).toEqual(['nanodet', 'faces']);
  });

  it('say of themselves that nobody measured them', async () => {
    for (const source of [yolox, imagenet, concepts]) {
      const coverage = await source.coverage(partsOf(packsOf(source.id, {})));
      expect(coverage?.notCovered).toMatch(/not measured here.*not calibrated/);
      expect(coverage?.labels).toEqual([...new Set(coverage?.labels)].sort());
    }
  });
});

describe('YOLOX', () => {
  const CELL = 85;
  const empty = () => new Float32Array(8400 * CELL);
  /** Writes an object into a cell; `first` is where the cells of its stride begin. */
  function put(cells: Float32Array, index: number, numbers: readonly number[], kind: number, probability: number) {
    cells.set(numbers, index * CELL);
    cells[index * CELL + 5 + kind] = probability;
  }

  it('decodes centre, size and score of each stride as its paper says', () => {
    const cells = empty();
    // stride 8, row 2, column 3: centre (3.5 * 8, 2.25 * 8) = (28, 18), size exp(ln 4) * 8 = 32 and exp(ln 2) * 8 = 16
    put(cells, 2 * 80 + 3, [0.5, 0.25, Math.log(4), Math.log(2), 0.9], 16, 0.8);
    // stride 32, row 1, column 2: after 6400 + 1600 cells, 20 columns; centre (2 * 32, 1 * 32), size 32 and 32
    put(cells, 8000 + 20 + 2, [0, 0, 0, 0, 0.5], 0, 0.6);
    const [dog, person, ...others] = decodeYolox(cells, 0.1);
    expect(others).toEqual([]);
    expect(dog?.kind).toBe(16);
    expect(dog?.score).toBeCloseTo(0.72, 6);
    for (const [side, value] of Object.entries({ x0: 12, y0: 10, x1: 44, y1: 26 }))
      expect(dog?.box[side as 'x0']).toBeCloseTo(value, 4);
    expect(person).toMatchObject({ kind: 0, box: { x0: 48, y0: 16, x1: 80, y1: 48 } });
    expect(person?.score).toBeCloseTo(0.3, 6);
  });

  it('keeps the best of boxes of one class that overlap, and both where the classes differ', () => {
    const cells = empty();
    put(cells, 0, [1, 1, 2, 2, 0.9], 3, 1);
    put(cells, 1, [0, 1, 2, 2, 0.8], 3, 1);
    put(cells, 2, [-1, 1, 2, 2, 0.7], 4, 1);
    expect(decodeYolox(cells, 0.1).map(({ kind }) => kind)).toEqual([3, 4]);
  });

  it('refuses what is no answer of it', () => {
    expect(() => decodeYolox(new Float32Array(85), 0.1)).toThrow('expected 714000');
  });

  it('is fed RGB 0..255 at the top left with 114 around, and tells boxes as ratios of the picture', async () => {
    const cells = empty();
    // stride 16, row 9, column 20 of 40: centre (320, 160) after scaling 64 x 32 to 640 x 320; size 160 x 80
    put(cells, 6400 + 9 * 40 + 20, [0, 1, Math.log(10), Math.log(5), 0], 2, 0.5);
    // The objectness is read from the picture: its green at the top left and 114 at the bottom right.
    const net = netOf((graph) => {
      const image = graph.input('images', [1, 3, 640, 640]);
      const pick = (c: number, y: number, x: number) =>
        graph.node('Slice', [image, graph.ints([0, c, y, x]), graph.ints([1, c + 1, y + 1, x + 1])]);
      const sum = graph.node('Add', [pick(1, 0, 0), graph.node('Mul', [pick(0, 639, 639), graph.scalar(0.001)])]);
      // (200 + .114) / 250 = .800456
      const objectness = graph.node('Reshape', [graph.node('Div', [sum, graph.scalar(250)]), graph.ints([1, 1, 1])]);
      const mask = empty();
      mask[(6400 + 9 * 40 + 20) * CELL + 4] = 1;
      const scaled = graph.node('Mul', [graph.floats(mask, [1, 8400, CELL]), objectness]);
      graph.node('Add', [graph.floats(cells, [1, 8400, CELL]), scaled], {}, 'output');
      graph.output('output', [1, 8400, CELL]);
    });
    const source = await open(yolox, packsOf('yolox', { 'object_detection_yolox_2022nov.onnx': net }));
    const picture = imageOf(64, 32, () => [100, 200, 50]);
    const [car, ...others] = await source.look(picture, { minConfidence: 30, attributes: none }, signal);
    expect(others).toEqual([]);
    expect(car?.name).toBe('Car');
    expect(car?.confidence).toBeCloseTo(40.02, 1);
    const { left, top, width, height } = car?.instances[0]?.box ?? { left: 0, top: 0, width: 0, height: 0 };
    expect([left, top, width, height].map((ratio) => Number(ratio.toFixed(4)))).toEqual([0.375, 0.375, 0.25, 0.25]);
    expect(await source.look(picture, { minConfidence: 50, attributes: none }, signal)).toEqual([]);
    await source.close();
  });
});

describe('ImageNet', () => {
  const labels = readImagenetLabels();
  const logitsOf = (chances: Readonly<Record<number, number>>) =>
    Float32Array.from(labels, (_, i) => Math.log(chances[i] ?? 1e-9));

  it('sums the probabilities of classes for the labels above them', () => {
    const { labelsOf } = readImagenetClasses();
    // two breeds in doubt, surely a dog; 281 is a cat
    const told = new Map(
      labelsOf(logitsOf({ 207: 0.4, 208: 0.35, 281: 0.25 }), all).map(({ name, confidence }) => [name, confidence]),
    );
    expect(told.get('Golden Retriever')).toBeCloseTo(40, 3);
    expect(told.get('Retriever')).toBeCloseTo(75, 3);
    expect(told.get('Dog')).toBeCloseTo(75, 3);
    expect(told.get('Tabby Cat')).toBeCloseTo(25, 3);
    expect(told.get('Pet')).toBeCloseTo(99.9, 3);
  });

  it('tells what is wanted and sure enough, and no attribute of a face that may not be told', () => {
    const { labelsOf } = readImagenetClasses();
    const logits = logitsOf({ 837: 0.6, 207: 0.4 });
    const names = (options: Partial<typeof all> & { wanted?: ReadonlySet<string> }) =>
      labelsOf(logits, { ...all, minConfidence: 39, ...options }).map(({ name }) => name);
    expect(names({})).not.toContain('Sunglasses');
    expect(names({ attributes: new Set(['sunglasses'] as const) })).toContain('Sunglasses');
    expect(names({ wanted: new Set(['Dog']) })).toEqual(['Dog']);
    expect(names({ minConfidence: 50 })).not.toContain('Dog');
    expect(() => labelsOf(new Float32Array(999), all)).toThrow('999 classes');
  });

  it('is fed the middle of the picture, RGB by planes with the means and deviations of ImageNet', () => {
    // 512 x 256: 256 high already, so the columns 144..367 are seen; red where x < 256
    const input = imagenetInput(imageOf(512, 256, (x) => (x < 256 ? [255, 0, 0] : [0, 0, 255])));
    expect(input).toHaveLength(3 * 224 * 224);
    const at = (plane: number, x: number) => input[(plane * 224 + 100) * 224 + x] ?? Number.NaN;
    expect(at(0, 111)).toBeCloseTo((1 - 0.485) / 0.229, 4);
    expect(at(0, 112)).toBeCloseTo(-0.485 / 0.229, 4);
    expect(at(1, 5)).toBeCloseTo(-0.456 / 0.224, 4);
    expect(at(2, 111)).toBeCloseTo(-0.406 / 0.225, 4);
    expect(at(2, 112)).toBeCloseTo((1 - 0.406) / 0.225, 4);
  });

  it('runs a net of the documented signature', async () => {
    const net = netOf((graph) => {
      const image = graph.input('input', [1, 3, 224, 224]);
      const zero = graph.node('Mul', [
        graph.node('ReduceMean', [image], { axes: [1, 2, 3], keepdims: 0 }),
        graph.scalar(0),
      ]);
      graph.node(
        'Add',
        [graph.floats(logitsOf({ 954: 1 }), [1, 1000]), graph.node('Reshape', [zero, graph.ints([1, 1])])],
        {},
        'output',
      );
      graph.output('output', [1, 1000]);
    });
    const source = await open(imagenet, packsOf('imagenet', { 'net.onnx': net }));
    const told = await source.look(grey, { minConfidence: 90, attributes: none }, signal);
    expect(told.map(({ name }) => name).sort()).toEqual(['Banana', 'Food', 'Fruit', 'Produce']);
    await source.close();
  });
});

describe('concepts', () => {
  /** A tokenizer of a few words, in the form of tokenizer.json: 1 ends a text, 2 is unknown. */
  const tokenizer = Buffer.from(
    JSON.stringify({
      version: '1.0',
      added_tokens: [
        { id: 1, content: '</s>', single_word: false, lstrip: false, rstrip: false, normalized: false, special: true },
      ],
      normalizer: null,
      pre_tokenizer: { type: 'Metaspace', replacement: '▁', add_prefix_space: true, prepend_scheme: 'always' },
      post_processor: null,
      decoder: null,
      model: {
        type: 'Unigram',
        unk_id: 2,
        vocab: [
          ['<pad>', 0],
          ['</s>', 0],
          ['<unk>', -20],
          ['▁this', -1],
          ['▁is', -1],
          ['▁a', -1],
          ['▁photo', -1],
          ['▁of', -1],
          ['▁dog', -1],
          ['▁beach', -1],
          ...[...'▁abcdefghijklmnopqrstuvwxyz0123456789'].map((c) => [c, -9]),
        ],
      },
    }),
  );
  /** A text net: the vector of a text is made of its mean id, its sixth id and one. */
  const textNet = netOf((graph) => {
    const ids = graph.node('Cast', [graph.inputInts('input_ids', ['N', 64])], { to: 1 });
    const mean = graph.node('ReduceMean', [ids], { axes: [1], keepdims: 1 });
    const sixth = graph.node('Slice', [ids, graph.ints([5]), graph.ints([6]), graph.ints([1])]);
    const last = graph.node('Slice', [ids, graph.ints([63]), graph.ints([64]), graph.ints([1])]);
    graph.node('Concat', [mean, sixth, last], { axis: 1 }, 'pooler_output');
    graph.output('pooler_output', ['N', 3]);
  });
  const pack = { 'tokenizer.json': tokenizer, 'text_model_quantized.onnx': textNet };
  const prepare = async (onProgress = (_done: number, _total: number) => {}) =>
    labelVectorsStep.run({ load: (file) => packsOf('concepts', pack).load('concepts', file), onProgress, signal });

  it('asks for every label but what only faces tell, in the words that SigLIP was trained on', () => {
    const prompts = new Map(labelPrompts().map(({ name, prompt }) => [name, prompt]));
    expect(prompts.get('Dog')).toBe('this is a photo of dog');
    expect(prompts.get('T-Shirt')).toBe('this is a photo of tshirt');
    expect(prompts.get('Crane')).toBe('this is a photo of construction crane');
    expect(prompts.has('Face')).toBe(false);
    expect(prompts.size).toBeGreaterThanOrEqual(2000);
    expect(canonical("A  Jack-O'-Lantern (old).")).toBe('a jackolantern old');
  });

  it('computes vectors of length 1 for all labels once, from texts that end and are padded with 1', async () => {
    const steps: (readonly [number, number])[] = [];
    const products = await prepare((...step) => steps.push(step));
    const vectors = await readLabelVectors(async (product) => products.get(product) ?? new Uint8Array());
    expect(vectors.names).toEqual(labelPrompts().map(({ name }) => name));
    expect(vectors.width).toBe(3);
    // "this is a photo of dog": 3, 4, 5, 6, 7, 8, then 58 times 1
    const raw = [(3 + 4 + 5 + 6 + 7 + 8 + 58) / 64, 8, 1];
    const length = Math.hypot(...raw);
    [...(vectors.vectorOf('Dog') ?? [])].forEach((value, i) => {
      expect(value).toBeCloseTo((raw[i] ?? 0) / length, 5);
    });
    expect(vectors.vectorOf('No Such Label')).toBeUndefined();
    expect(steps.at(0)).toEqual([0, vectors.names.length]);
    expect(steps.at(-1)).toEqual([vectors.names.length, vectors.names.length]);
  });

  it('is recomputed when the words of the table change, and refuses vectors that fit no names', async () => {
    const prompts = labelPrompts();
    expect(labelVectorsStep.dependsOn()).toBe(digestOfPrompts(prompts));
    expect(digestOfPrompts(prompts.slice(1))).not.toBe(digestOfPrompts(prompts));
    const [first, ...others] = prompts;
    const other = { name: first?.name ?? '', prompt: 'this is a photo of something else' };
    expect(digestOfPrompts([other, ...others])).not.toBe(digestOfPrompts(prompts));
    const torn = { 'label-names.json': Buffer.from('["A","B"]'), 'label-vectors.f32': new Uint8Array(12) };
    await expect(readLabelVectors(async (name) => torn[name as keyof typeof torn])).rejects.toThrow('no vectors of 2');
  });

  it('turns a cosine into the probability that SigLIP learned', () => {
    const sigmoid = readSigmoidOfCosine();
    expect(probabilityOf(0.11022, sigmoid)).toBeCloseTo(0.5, 3);
    expect(probabilityOf(0.05, { scale: 100, bias: -10 })).toBeCloseTo(1 / (1 + Math.exp(5)), 9);
    const data = Float32Array.of(1, 0, 0, 1, 0.6, 0.8);
    const vectors = { names: ['Beach', 'Smile', 'Dog'], width: 2, data, vectorOf: () => undefined };
    const told = (options: Parameters<typeof labelsOfPicture>[3]) =>
      labelsOfPicture(Float32Array.of(0, 1), vectors, { scale: 10, bias: -7 }, options);
    expect(told({ ...all, minConfidence: 50 })).toEqual([
      {
        name: 'Dog',
        confidence: 100 * probabilityOf(Math.fround(0.8), { scale: 10, bias: -7 }),
        instances: [],
        source: 'concepts',
      },
    ]);
    expect(told({ minConfidence: 50, attributes: new Set(['smile'] as const) }).map(({ name }) => name)).toEqual([
      'Smile',
      'Dog',
    ]);
    expect(told({ ...all, wanted: new Set(['Beach']) }).map(({ name }) => name)).toEqual(['Beach']);
  });

  it('is fed the whole picture stretched to a square, -1..1, and tells the labels that fit it', async () => {
    // The vector of a picture is the mean of its red, of its green and of its blue.
    const pictureNet = netOf((graph) => {
      const image = graph.input('pixel_values', [1, 3, 224, 224]);
      graph.node('ReduceMean', [image], { axes: [2, 3], keepdims: 0 }, 'pooler_output');
      graph.output('pooler_output', [1, 3]);
    });
    const names = ['Red', 'Green', 'Beach'];
    const products = {
      'label-names.json': Buffer.from(JSON.stringify(names)),
      'label-vectors.f32': Buffer.from(Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0.6, 0.8).buffer),
    };
    const packs = packsOf('concepts', { ...pack, ...products, 'vision_model_quantized.onnx': pictureNet });
    expect((await openLabelVectors(packs))?.names).toEqual(names);
    expect(await openLabelVectors(packsOf('none', {}))).toBeUndefined();
    const source = await open(concepts, packs);
    // half of it full green, half middle grey: (0, .5, 0) in the net's range, or (0, 1, 0) at length 1
    const picture = imageOf(300, 100, (x) => (x < 150 ? [127, 255, 128] : [128, 128, 127]));
    const told = await source.look(picture, { minConfidence: 1, attributes: none }, signal);
    expect(told.map(({ name }) => name)).toEqual(['Green', 'Beach']);
    await source.close();
  });
});

describe('stretching a picture', () => {
  it('keeps a plain one plain and the mean of any, whatever its proportions', () => {
    const plain = stretchImage(
      imageOf(1000, 37, () => [10, 20, 30]),
      16,
    );
    for (let i = 0; i < plain.length; i++) expect(plain[i]).toBeCloseTo([10, 20, 30][i % 3] ?? 0, 3);
    const half = stretchImage(
      imageOf(400, 100, (x) => (x < 200 ? [200, 0, 0] : [0, 0, 0])),
      8,
    );
    const reds = [...half.filter((_, i) => i % 3 === 0)];
    expect(reds.slice(0, 3).every((red) => Math.abs(red - 200) < 1)).toBe(true);
    expect(reds.slice(5, 8).every((red) => Math.abs(red) < 1)).toBe(true);
    expect(reds.reduce((sum, red) => sum + red, 0) / reds.length).toBeCloseTo(100, 0);
  });

  it('enlarges a small one between the centres of its pixels', () => {
    const four = stretchImage(
      imageOf(2, 2, (x) => [x * 100, 0, 0]),
      4,
    );
    expect([0, 1, 2, 3].map((x) => four[3 * x])).toEqual([0, 25, 75, 100]);
  });
});
