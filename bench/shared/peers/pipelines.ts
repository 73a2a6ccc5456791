import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeImage, defaultImageLimits, type PixelImage } from '../../../src/media/index.ts';
import { peersFolder } from './install.ts';
import { openTensorFlow, requirePeer, type Tensor, type TensorFlow } from './tensorflow.ts';

/** The peers whose whole pipeline is measured. */
export type PeerName = 'face-api' | 'human';

/** A peer's own way from an image file to embedded faces. */
export interface PeerPipeline {
  /** Detects every face and embeds it. @returns how many were embedded */
  embedAll(file: Uint8Array): Promise<number>;
  /** Embeds every face and gives the one nearest to the photo's middle, whom an LFW image is about; undefined when none is found. */
  embedOne(file: Uint8Array): Promise<Float32Array | undefined>;
  /** How alike two embeddings are by the peer's own measure: higher is more alike. */
  scoreOf(a: Float32Array, b: Float32Array): number;
}

/** Opens a peer with the nets that embedding takes, on tfjs-wasm. */
export function openPeer(name: PeerName): Promise<PeerPipeline> {
  return name === 'face-api' ? openFaceApi() : openHuman();
}

/** Both peers get the decoder that Likeness uses, so that pipelines are compared and not decoders. */
function pipelineOf(
  embed: (image: PixelImage) => Promise<readonly PeerFace[]>,
): Pick<PeerPipeline, 'embedAll' | 'embedOne'> {
  const decode = (file: Uint8Array) => decodeImage(file, { limits: defaultImageLimits });
  return {
    embedAll: async (file) => (await embed(await decode(file))).length,
    embedOne: async (file) => {
      const image = await decode(file);
      return nearestToMiddle(await embed(image), image.width, image.height)?.embedding;
    },
  };
}

/** A face as every peer can tell it; the box in pixels. */
interface PeerFace {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly embedding: Float32Array;
}

function nearestToMiddle(faces: readonly PeerFace[], width: number, height: number): PeerFace | undefined {
  const distance = (face: PeerFace) =>
    Math.hypot(face.x + face.width / 2 - width / 2, face.y + face.height / 2 - height / 2);
  return [...faces].sort((a, b) => distance(a) - distance(b))[0];
}

interface FaceApiFace {
  readonly detection: { readonly box: Omit<PeerFace, 'embedding'> };
  readonly descriptor: Float32Array;
}
interface FaceApi {
  readonly tf: TensorFlow;
  readonly nets: Readonly<Record<string, { loadFromDisk(folder: string): Promise<void> }>>;
  detectAllFaces(image: Tensor): {
    withFaceLandmarks(): { withFaceDescriptors(): PromiseLike<readonly FaceApiFace[]> };
  };
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
  const embed = async ({ data, width, height }: PixelImage): Promise<PeerFace[]> => {
    const image = api.tf.tensor(data, [height, width, 3], 'int32');
    try {
      const faces = await api.detectAllFaces(image).withFaceLandmarks().withFaceDescriptors();
      return faces.map(({ detection: { box }, descriptor }) => {
        const { x, y, width: w, height: h } = box;
        return { x, y, width: w, height: h, embedding: descriptor };
      });
    } finally {
      image.dispose();
    }
  };
  return {
    ...pipelineOf(embed),
    scoreOf: (a, b) => -api.euclideanDistance(a, b),
  };
}

interface HumanResult {
  readonly face: readonly {
    readonly box: readonly [x: number, y: number, width: number, height: number];
    readonly embedding?: readonly number[];
  }[];
  readonly error: string | null;
}
interface Human {
  readonly tf: TensorFlow;
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
  const embed = async ({ data, width, height }: PixelImage): Promise<PeerFace[]> => {
    const image = human.tf.tensor(data, [1, height, width, 3], 'float32');
    try {
      const { face, error } = await human.detect(image);
      if (error) throw new Error(`human: ${error}`);
      return face.flatMap(({ box: [x, y, w, h], embedding }) =>
        embedding?.length ? [{ x, y, width: w, height: h, embedding: Float32Array.from(embedding) }] : [],
      );
    } finally {
      image.dispose();
    }
  };
  return {
    ...pipelineOf(embed),
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
