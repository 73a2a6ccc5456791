import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeImage, defaultImageLimits } from '../../../src/media/index.ts';
import { peersFolder } from './install.ts';
import { openTensorFlow, requirePeer, type Tensor, type TensorFlow } from './tensorflow.ts';

/** The peers whose whole pipeline is measured. */
export type PeerName = 'face-api' | 'human';

/** A peer's own way from an image file to embedded faces. */
export interface PeerPipeline {
  /** Detects every face and embeds it. @returns how many were embedded */
  embedAll(file: Uint8Array): Promise<number>;
  /** Embeds the face that the peer takes for the one of the photo; undefined when it finds none. */
  embedOne(file: Uint8Array): Promise<Float32Array | undefined>;
  /** How alike two embeddings are by the peer's own measure: higher is more alike. */
  scoreOf(a: Float32Array, b: Float32Array): number;
}

/** Opens a peer with the nets that embedding takes, on tfjs-wasm. */
export function openPeer(name: PeerName): Promise<PeerPipeline> {
  return name === 'face-api' ? openFaceApi() : openHuman();
}

/** Both peers get the decoder that Likeness uses, so that pipelines are compared and not decoders. */
async function decode(tf: TensorFlow, file: Uint8Array, batch: boolean, type: 'float32' | 'int32'): Promise<Tensor> {
  const { data, width, height } = await decodeImage(file, { limits: defaultImageLimits });
  return tf.tensor(data, batch ? [1, height, width, 3] : [height, width, 3], type);
}

interface FaceApiFace {
  readonly descriptor: Float32Array;
}
interface FaceApiTask<Result> extends PromiseLike<Result> {
  withFaceLandmarks(): {
    withFaceDescriptors(): PromiseLike<readonly FaceApiFace[]>;
    withFaceDescriptor(): PromiseLike<FaceApiFace | undefined>;
  };
}
interface FaceApi {
  readonly tf: TensorFlow;
  readonly nets: Readonly<Record<string, { loadFromDisk(folder: string): Promise<void> }>>;
  detectAllFaces(image: Tensor): FaceApiTask<readonly unknown[]>;
  detectSingleFace(image: Tensor): FaceApiTask<unknown>;
  euclideanDistance(a: Float32Array, b: Float32Array): number;
}

/** face-api as its README shows it: ssdMobilenetv1 at its defaults, 68 landmarks, the recognition net. */
async function openFaceApi(): Promise<PeerPipeline> {
  await openTensorFlow();
  const api = requirePeer('@vladmandic/face-api/dist/face-api.node-wasm.js') as FaceApi;
  const models = join(peersFolder(), 'node_modules', '@vladmandic', 'face-api', 'model');
  for (const net of ['ssdMobilenetv1', 'faceLandmark68Net', 'faceRecognitionNet']) {
    await api.nets[net]?.loadFromDisk(models);
  }
  const withImage = async <T>(file: Uint8Array, use: (image: Tensor) => PromiseLike<T>): Promise<T> => {
    const image = await decode(api.tf, file, false, 'int32');
    try {
      return await use(image);
    } finally {
      image.dispose();
    }
  };
  return {
    embedAll: async (file) =>
      (await withImage(file, (image) => api.detectAllFaces(image).withFaceLandmarks().withFaceDescriptors())).length,
    embedOne: async (file) =>
      (await withImage(file, (image) => api.detectSingleFace(image).withFaceLandmarks().withFaceDescriptor()))
        ?.descriptor,
    scoreOf: (a, b) => -api.euclideanDistance(a, b),
  };
}

interface HumanResult {
  readonly face: readonly { readonly embedding?: readonly number[] }[];
  readonly error: string | null;
}
interface Human {
  readonly tf: TensorFlow;
  readonly config: { face: { detector: { maxDetected: number } } };
  readonly match: { distance(a: readonly number[], b: readonly number[]): number };
  load(): Promise<void>;
  detect(image: Tensor): Promise<HumanResult>;
}

/**
 * human's face pipeline with description at its defaults (mesh, iris, emotion, faceres), where each image stands for
 * itself: no results carried over from the one before, and up to 100 faces instead of one.
 */
async function openHuman(): Promise<PeerPipeline> {
  const { wasmFolder } = await openTensorFlow();
  serveFilesToFetch();
  const folder = join(peersFolder(), 'node_modules', '@vladmandic', 'human');
  // its package.json names the wasm build without the "./" that Node asks for, so it is opened by its path
  const { Human } = requirePeer(join(folder, 'dist', 'human.node-wasm.js')) as {
    readonly Human: new (config: object) => Human;
  };
  const human = new Human({
    backend: 'wasm',
    wasmPath: wasmFolder,
    modelBasePath: `file://${folder}/models/`,
    debug: false,
    cacheSensitivity: 0,
    filter: { enabled: false },
    face: { enabled: true, detector: { maxDetected: 100 } },
    body: { enabled: false },
    hand: { enabled: false },
    object: { enabled: false },
    gesture: { enabled: false },
  });
  await human.load();
  const embeddingsOf = async (file: Uint8Array, maxDetected: number): Promise<(readonly number[])[]> => {
    human.config.face.detector.maxDetected = maxDetected;
    const image = await decode(human.tf, file, true, 'float32');
    try {
      const { face, error } = await human.detect(image);
      if (error) throw new Error(`human: ${error}`);
      return face.flatMap(({ embedding }) => (embedding?.length ? [embedding] : []));
    } finally {
      image.dispose();
    }
  };
  return {
    embedAll: async (file) => (await embeddingsOf(file, 100)).length,
    embedOne: async (file) => {
      const [first] = await embeddingsOf(file, 1);
      return first && Float32Array.from(first);
    },
    // its similarity is the same order, but clipped and rounded to two digits
    scoreOf: (a, b) => -human.match.distance([...a], [...b]),
  };
}

/** human loads its models by fetch alone, which on Node knows no files. */
function serveFilesToFetch(): void {
  globalThis.fetch = async (input) => {
    const url = new URL(typeof input === 'string' || input instanceof URL ? input : input.url);
    if (url.protocol !== 'file:') throw new Error(`a peer asked for ${url.protocol}//${url.host}, which is not needed`);
    const type = url.pathname.endsWith('.json') ? 'application/json' : 'application/octet-stream';
    return new Response(new Uint8Array(readFileSync(url)), { headers: { 'content-type': type } });
  };
}
