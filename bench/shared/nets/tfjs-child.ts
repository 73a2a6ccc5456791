import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readBrowserifyExport, readBrowserifyWeights } from '../../../src/vision/models/browserify.ts';
import { type ModelEntry, readManifest } from '../../../src/vision/models/index.ts';
import { serveChild } from '../child.ts';
import { peersFolder } from '../peers/install.ts';
import { openTensorFlow, requirePeer, type Tensor, type TensorFlow } from '../peers/tensorflow.ts';
import { seededRandom } from '../stats.ts';
import { inputOf, type NetAnswer, type NetCase, type NetQuestion } from './net-case.ts';

type RunNet = (input: Float32Array, shape: NetCase['shape']) => Promise<void>;

interface FaceApiNet {
  loadFromDisk(folder: string): Promise<void>;
  forward(images: readonly Tensor[]): Promise<Tensor | Tensor[]>;
}
interface FaceApi {
  readonly tf: TensorFlow;
  readonly FaceRecognitionNet: new () => FaceApiNet;
  readonly FaceExpressionNet: new () => FaceApiNet;
}

let runtime = '';
const nets = new Map<string, RunNet>();

serveChild<NetQuestion, NetAnswer>(async (question) => {
  if (question.kind === 'open') {
    const opened = await openTensorFlow();
    runtime = `tfjs-wasm, ${opened.simd ? 'SIMD' : 'no SIMD'}, ${opened.threads} thread (Node's only way)`;
    for (const entry of readManifest().models) {
      if (question.models.includes(entry.id))
        nets.set(entry.id, await openOriginal(opened.tf, entry, question.modelsDir));
    }
    return { ms: [], runtime };
  }
  const run = nets.get(question.case.model);
  if (run === undefined) throw new Error(`${question.case.model} was not opened`);
  const input = inputOf(question.case, seededRandom(1));
  const ms: number[] = [];
  for (let i = 0; i < question.times; i++) {
    const start = performance.now();
    await run(input, question.case.shape);
    ms.push(performance.now() - start);
  }
  return { ms, runtime };
});

/** The net as its package ships it, computing just the outputs that Likeness takes. */
async function openOriginal(tensorFlow: TensorFlow, entry: ModelEntry, modelsDir: string): Promise<RunNet> {
  const { conversion } = entry;
  if (conversion.kind === 'face-api') {
    const api = requirePeer('@vladmandic/face-api/dist/face-api.node-wasm.js') as FaceApi;
    const net = conversion.net === 'face-recognition' ? new api.FaceRecognitionNet() : new api.FaceExpressionNet();
    await net.loadFromDisk(join(peersFolder(), 'node_modules', '@vladmandic', 'face-api', 'model'));
    return async (input, [count, ...shape]) => {
      const size = input.length / count;
      const images = Array.from({ length: count }, (_, i) =>
        api.tf.tensor(input.subarray(i * size, (i + 1) * size), [1, ...shape], 'float32'),
      );
      const outputs = [await net.forward(images)].flat();
      takeOut([...outputs, ...images], outputs.length);
    };
  }
  if (conversion.kind !== 'tfjs-graph') throw new Error(`${entry.id} is no net of tfjs`);
  const { graph, weights } = graphOf(entry, conversion, modelsDir);
  const model = await tensorFlow.loadGraphModel({
    load: async () => ({
      ...graph,
      weightSpecs: graph.weightsManifest.flatMap((group) => group.weights),
      weightData: new Uint8Array(weights).buffer,
    }),
  });
  const outputs = Object.values(conversion.outputNodes);
  return async (input, shape) => {
    const image = tensorFlow.tensor(input, shape, 'float32');
    const results = [model.execute({ [conversion.inputNode]: image }, outputs)].flat();
    takeOut([...results, image], results.length);
  };
}

interface SavedGraph {
  readonly modelTopology: object;
  readonly weightsManifest: readonly { readonly paths: readonly string[]; readonly weights: readonly object[] }[];
}

/** Graph and weights as the package ships them, also where they are bundled as scripts. */
function graphOf(
  entry: ModelEntry,
  conversion: Extract<ModelEntry['conversion'], { kind: 'tfjs-graph' }>,
  modelsDir: string,
): { graph: SavedGraph; weights: Buffer } {
  const main = sourceOf(entry, conversion.graph, modelsDir);
  if (conversion.bundled === undefined) {
    return { graph: JSON.parse(main.toString('utf8')) as SavedGraph, weights: sourceOf(entry, '.bin', modelsDir) };
  }
  const graph = readBrowserifyExport(main) as SavedGraph;
  const paths = graph.weightsManifest.flatMap((group) => group.paths);
  const parts = paths.map((path) => readBrowserifyWeights(sourceOf(entry, `${path}.min.js`, modelsDir)));
  return { graph, weights: Buffer.concat(parts) };
}

/** Copies the first tensors' numbers out of the backend, as a caller would, and frees them all. */
function takeOut(tensors: readonly Tensor[], outputs: number): void {
  for (const output of tensors.slice(0, outputs)) output.dataSync();
  for (const tensor of tensors) tensor.dispose();
}

/** The file as the model store fetched it. */
function sourceOf(entry: ModelEntry, ending: string, modelsDir: string): Buffer {
  const file = entry.files.find(({ path }) => path.endsWith(ending));
  if (file === undefined) throw new Error(`${entry.id} has no ${ending}`);
  return readFileSync(join(modelsDir, 'sources', `${file.sha256.slice(0, 16)}-${basename(file.path)}`));
}
