import { readData } from '../../shared/package-root.ts';
import type { FaceApiNet } from './face-api-to-onnx.ts';
import type { Dimension } from './onnx-writer.ts';

/** A package of the registry, pinned: `integrity` is the SHA-512 of its tarball as npm writes it. */
export interface PinnedPackage {
  readonly version: string;
  readonly integrity: string;
  /** Size of the tarball in bytes. */
  readonly bytes: number;
  readonly licence: string;
}

/** One file inside a package; `path` is relative to the package's root, `sha256` in hex. */
export interface PinnedFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** How a model's source files become ONNX. */
export type Conversion =
  | {
      readonly kind: 'tfjs-graph';
      readonly graph: string;
      readonly inputNode: string;
      /** The graph's node behind each output, by the output's name. */
      readonly outputNodes: Readonly<Record<string, string>>;
      /** Set where each file is a script that exports its content: the graph `<name>.js`, weights `<path>.min.js` in base64. */
      readonly bundled?: 'browserify';
    }
  | { readonly kind: 'face-api'; readonly weights: string; readonly net: FaceApiNet }
  /** The file is ONNX already and is taken as it is, or with arithmetic around its convolutions folded into them. */
  | { readonly kind: 'onnx'; readonly file: string; readonly folded?: true };

/**
 * A model's input: float32, each value `(x - mean) / divisor` of x in 0..255. Converted models take `[N,H,W,C]`; those
 * that were ONNX already say their own order in `shape`.
 */
export interface ModelInput {
  readonly name: string;
  readonly shape: readonly Dimension[];
  /** Order of the channels; luma is 0.2989 R + 0.587 G + 0.114 B. */
  readonly channels: 'RGB' | 'BGR' | 'luma';
  readonly mean: readonly number[];
  /** One for all channels, or one for each in their order. */
  readonly divisor: number | readonly number[];
  /** The same in words, with what else the caller must see to. */
  readonly layout: string;
}

/** A model's output: float32. */
export interface ModelOutput {
  readonly name: string;
  readonly shape: readonly Dimension[];
  readonly meaning: string;
}

/** Where a model comes from and what is known of its training. */
export interface Provenance {
  readonly authors: string;
  readonly upstream: string;
  readonly trainingData: string;
  readonly caveats: string;
}

/** One model: source, conversion, and what it takes and gives. */
export interface ModelEntry {
  readonly id: string;
  readonly purpose: string;
  readonly package: string;
  readonly files: readonly PinnedFile[];
  /** Those of `files`, by path, that whoever runs the model reads beside it, such as a dictionary of characters. */
  readonly companions?: readonly string[];
  readonly conversion: Conversion;
  readonly onnx: { readonly bytes: number; readonly sha256: string };
  readonly licence: string;
  /** Whether the licence lets it be used for gain; what is not known to let counts as false. */
  readonly commercialUse: boolean;
  readonly provenance: Provenance;
  readonly input: ModelInput;
  readonly outputs: readonly ModelOutput[];
}

/** Files of a package that are no model: photos for tests and demonstrations. */
export interface AssetEntry {
  readonly id: string;
  readonly purpose: string;
  readonly package: string;
  readonly files: readonly PinnedFile[];
  readonly licence: string;
}

/** Constants that this project learned and ships in data/, beside the models they read. */
export interface LearnedEntry {
  readonly id: string;
  readonly purpose: string;
  /** Below data/. */
  readonly file: string;
  readonly sha256: string;
  readonly licence: string;
  readonly commercialUse: boolean;
  readonly provenance: Provenance;
}

/** data/models.json. */
export interface ModelManifest {
  readonly packages: Readonly<Record<string, PinnedPackage>>;
  readonly models: readonly ModelEntry[];
  readonly learned: readonly LearnedEntry[];
  readonly assets: readonly AssetEntry[];
}

/** Reads the manifest of models that comes with Likeness (data/models.json). */
export function readManifest(): ModelManifest {
  return readData<ModelManifest>('models.json');
}
