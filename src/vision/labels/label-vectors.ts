import { readLabelTable } from '../../shared/label-table.ts';
import { sha256 } from '../models/digest.ts';
import type { PrepareStep } from '../packs/prepare-step.ts';

/** Tokens of a text, with the one that ends it; SigLIP was trained on texts padded to this length. */
const LENGTH = 64;
/** SigLIP's token that ends a text, and pads it. */
const END = 1;
/** Texts in one run of the net. */
const BATCH = 32;
/** Part of what the vectors depend on: another step makes other vectors. */
const STEP = 1;

const NAMES = 'label-names.json';
const VECTORS = 'label-vectors.f32';

/** Labels that only a look at faces tells. */
const BY_FACES: ReadonlySet<string> = new Set(['Face']);

/** The vectors of labels, as the concepts pack keeps them. */
export interface LabelVectors {
  /** In the order of the vectors. */
  readonly names: readonly string[];
  /** Numbers in a vector. */
  readonly width: number;
  /** `[names.length, width]`, each of length 1. */
  readonly data: Float32Array;
  /** A label's vector, of length 1; undefined for a name that has none. */
  vectorOf(name: string): Float32Array | undefined;
}

/** The labels that have a vector, and what the text model is asked for each. */
export function labelPrompts(): readonly { readonly name: string; readonly prompt: string }[] {
  return readLabelTable()
    .entries.filter(({ name }) => !BY_FACES.has(name))
    .map(({ name, prompt }) => ({ name, prompt: canonical(`this is a photo of ${prompt}`) }));
}

/** A text as SigLIP's own preprocessing leaves it: lower case, without punctuation, single spaces. */
export function canonical(text: string): string {
  return text
    .toLowerCase()
    .replace(/[!-/:-@[-`{-~]/g, '')
    .replace(/\s+/g, ' ')
    .trim();
}

/** What vectors depend on beside the files of the pack: other names or words make other vectors. */
export function digestOfPrompts(prompts: ReturnType<typeof labelPrompts>): string {
  return sha256(Buffer.from(JSON.stringify([STEP, prompts])));
}

/** Computes the vectors of all labels from the text model of the concepts pack, once after it was installed. */
export const labelVectorsStep: PrepareStep = {
  title: 'Computing label vectors',
  dependsOn: () => digestOfPrompts(labelPrompts()),
  async run({ load, onProgress, signal }) {
    // Imported here: the server reads what packs there are, and does without ONNX Runtime.
    const [{ outputOf }, { openTextNet }] = await Promise.all([
      import('../sessions/net.ts'),
      import('../sessions/text-net.ts'),
    ]);
    const prompts = labelPrompts();
    const encode = await openTokenizer(await load('tokenizer.json'));
    const net = await openTextNet(await load('text_model_quantized.onnx'));
    try {
      let data: Float32Array | undefined;
      for (let from = 0; from < prompts.length; from += BATCH) {
        signal.throwIfAborted();
        onProgress(from, prompts.length);
        const batch = prompts.slice(from, from + BATCH);
        const ids = BigInt64Array.from(batch.flatMap(({ prompt }) => encode(prompt)));
        const found = outputOf(await net.run(ids, [batch.length, LENGTH]), 'pooler_output');
        const width = found.length / batch.length;
        data ??= new Float32Array(prompts.length * width);
        for (let i = 0; i < batch.length; i++)
          data.set(toUnitLength(found.subarray(i * width, (i + 1) * width)), (from + i) * width);
      }
      onProgress(prompts.length, prompts.length);
      const vectors = data ?? new Float32Array();
      return new Map([
        [NAMES, Buffer.from(JSON.stringify(prompts.map(({ name }) => name)))],
        [VECTORS, new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength)],
      ]);
    } finally {
      await net.close();
    }
  },
};

/**
 * Reads the vectors that {@link labelVectorsStep} made.
 *
 * @param load gives a product of the pack, verified
 * @throws {Error} when names and vectors are not of one making
 */
export async function readLabelVectors(load: (product: string) => Promise<Uint8Array>): Promise<LabelVectors> {
  const names = JSON.parse(Buffer.from(await load(NAMES)).toString('utf8')) as readonly string[];
  const bytes = Uint8Array.from(await load(VECTORS));
  const data = new Float32Array(bytes.buffer, 0, bytes.byteLength >> 2);
  const width = data.length / names.length;
  if (!Number.isInteger(width)) throw new Error(`${data.length} numbers are no vectors of ${names.length} labels`);
  const places = new Map(names.map((name, i) => [name, i]));
  return {
    names,
    width,
    data,
    vectorOf(name) {
      const place = places.get(name);
      return place === undefined ? undefined : data.subarray(place * width, (place + 1) * width);
    },
  };
}

/** A vector brought to length 1. @throws {Error} when it has no direction or is no number */
export function toUnitLength(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  if (!(length > 0 && Number.isFinite(length))) throw new Error('the model answers a vector without a direction');
  return vector.map((value) => value / length);
}

/** Turns a text into {@link LENGTH} ids, by the tokenizer's own file. */
async function openTokenizer(file: Uint8Array): Promise<(text: string) => bigint[]> {
  // Imported here: only the command that installs the pack needs it.
  const { Tokenizer } = await import('@huggingface/tokenizers');
  const tokenizer = new Tokenizer(JSON.parse(Buffer.from(file).toString('utf8')) as object, {});
  return (text) => {
    const ids = tokenizer.encode(text, { add_special_tokens: false }).ids.slice(0, LENGTH - 1);
    return Array.from({ length: LENGTH }, (_, i) => BigInt(ids[i] ?? END));
  };
}
