/**
 * Makes src/vision/models/golden/*.json: what the original models answer to two fixed pictures, computed by TensorFlow.js
 * on its plain CPU backend (the nets of face-api by face-api itself). Nothing of our converter takes part.
 *
 * Run, with the sources already pulled into the models folder:
 *   mkdir -p /tmp/goldens && npm --prefix /tmp/goldens install --ignore-scripts \
 *     @tensorflow/tfjs@4.22.0 @tensorflow/tfjs-backend-wasm@4.22.0 @vladmandic/face-api@1.7.15
 *   npx vite-node scripts/make-model-goldens.ts -- /tmp/goldens ~/.cache/likeness/models
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { packageRoot } from '../src/shared/package-root.ts';
import { type ModelEntry, readManifest } from '../src/vision/models/manifest.ts';
import { describeOutput, GOLDEN_SEEDS, goldenImage, goldenSize, prepareInput } from './model-golden-input.ts';

interface Tensor {
  dataSync(): Float32Array;
}
interface GraphModel {
  readonly inputs: readonly { readonly name: string }[];
  execute(inputs: Record<string, Tensor>, outputs: readonly string[]): Tensor | Tensor[];
}
interface TensorFlow {
  setBackend(name: string): Promise<boolean>;
  tensor4d(data: Float32Array, shape: readonly number[]): Tensor;
  loadGraphModel(handler: { load: () => Promise<unknown> }): Promise<GraphModel>;
}
interface FaceApiNet {
  loadFromDisk(folder: string): Promise<void>;
  forward(input: Tensor): Promise<Tensor>;
}
interface FaceApi {
  readonly tf: TensorFlow;
  readonly FaceRecognitionNet: new () => FaceApiNet;
  readonly FaceExpressionNet: new () => FaceApiNet;
}

const [scratch = '', modelsDir = ''] = process.argv.slice(-2);
const requireThere = createRequire(join(scratch, 'package.json'));
const tensorFlow = requireThere('@tensorflow/tfjs') as TensorFlow;
const faceApi = requireThere('@vladmandic/face-api/dist/face-api.node-wasm.js') as FaceApi;
await tensorFlow.setBackend('cpu');
await faceApi.tf.setBackend('cpu');

function sourceOf(entry: ModelEntry, ending: string): Buffer {
  const file = entry.files.find(({ path }) => path.endsWith(ending));
  if (!file) throw new Error(`${entry.id} has no ${ending}`);
  return readFileSync(join(modelsDir, 'sources', `${file.sha256.slice(0, 16)}-${basename(file.path)}`));
}

interface GraphJson {
  readonly modelTopology: unknown;
  readonly weightsManifest: readonly { readonly weights: unknown }[];
}

const plainOriginal = (entry: ModelEntry): { json: GraphJson; weights: Buffer } => ({
  json: JSON.parse(sourceOf(entry, '.json').toString('utf8')) as GraphJson,
  weights: sourceOf(entry, '.bin'),
});

/** Runs the scripts, as the original package does: that our reader, which doesn't, sees the same is part of the comparison. */
function bundledOriginal(entry: ModelEntry, graph: string): { json: GraphJson; weights: Buffer } {
  const exported = (path: string): unknown => {
    const scope = { exports: {} as unknown };
    new Function('module', 'exports', sourceOf(entry, path).toString('utf8'))(scope, scope.exports);
    return scope.exports;
  };
  const shards = entry.files.filter(({ path }) => path !== graph).map(({ path }) => exported(path) as string);
  return {
    json: exported(graph) as GraphJson,
    weights: Buffer.concat(shards.map((text) => Buffer.from(text, 'base64'))),
  };
}

async function runOriginal(entry: ModelEntry, input: Float32Array, shape: readonly number[]): Promise<Float32Array[]> {
  const { conversion } = entry;
  if (conversion.kind === 'face-api') {
    const Net = conversion.net === 'face-recognition' ? faceApi.FaceRecognitionNet : faceApi.FaceExpressionNet;
    const net = new Net();
    await net.loadFromDisk(join(scratch, 'node_modules/@vladmandic/face-api/model'));
    return [(await net.forward(faceApi.tf.tensor4d(input, shape))).dataSync()];
  }
  if (conversion.kind !== 'tfjs-graph') throw new Error(`${entry.id} has no other original to be compared with`);
  const { json, weights } = conversion.bundled ? bundledOriginal(entry, conversion.graph) : plainOriginal(entry);
  const weightData = new Uint8Array(weights).buffer;
  const artifacts = { modelTopology: json.modelTopology, weightSpecs: json.weightsManifest[0]?.weights, weightData };
  const model = await tensorFlow.loadGraphModel({ load: async () => artifacts });
  const nodes = entry.outputs.map(({ name }) => conversion.outputNodes[name] ?? '');
  const result = model.execute({ [conversion.inputNode]: tensorFlow.tensor4d(input, shape) }, nodes);
  return (Array.isArray(result) ? result : [result]).map((tensor) => tensor.dataSync());
}

const target = join(packageRoot(), 'src/vision/models/golden');
mkdirSync(target, { recursive: true });
for (const entry of readManifest().models) {
  if (entry.conversion.kind === 'onnx') continue;
  const { height, width, channels } = goldenSize(entry.input.shape);
  const pictures = [];
  for (const seed of GOLDEN_SEEDS) {
    const input = prepareInput(goldenImage(seed, height, width), entry.input);
    const outputs = await runOriginal(entry, input, [1, height, width, channels]);
    const described = entry.outputs.map(({ name }, index) => [name, describeOutput(outputs[index] ?? [])]);
    pictures.push({ seed, outputs: Object.fromEntries(described) });
  }
  writeFileSync(join(target, `${entry.id}.json`), `${JSON.stringify({ height, width, pictures }, null, 1)}\n`);
  console.log(entry.id);
}
