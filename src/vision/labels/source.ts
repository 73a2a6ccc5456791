import type { Pyramid } from '../align/raster.ts';
import type { FaceEngine } from '../face-engine.ts';
import type { FaceAttribute } from '../faces.ts';
import type { ModelStore } from '../models/index.ts';
import type { PackStore } from '../packs/store.ts';
import type { LabelCoverage, RawLabel } from './port.ts';

/** What a source is asked of one image. */
export interface LookOptions {
  /** Names that are of use; every name when left out. A source may tell others: they are dropped. */
  readonly wanted?: ReadonlySet<string>;
  /** Labels below it may be left out; 0..100. */
  readonly minConfidence: number;
  /** What may be told of faces. */
  readonly attributes: ReadonlySet<FaceAttribute>;
}

/** Nets that can label an image, loaded. */
export interface LabelSource {
  /**
   * Looks at a decoded image.
   *
   * @param image upright; its longer side is at most `LabelSourceDefinition.side`, or that of a source with a larger one
   * @throws {DOMException} AbortError when the signal fires between two runs
   */
  look(image: Pyramid, options: LookOptions, signal: AbortSignal): Promise<readonly RawLabel[]>;
  /** Frees the nets. */
  close(): Promise<void>;
}

/** What sources are opened from, in a worker. */
export interface LabelSourceParts {
  readonly models: ModelStore;
  /** The optional packs that the server started with. */
  readonly packs: Pick<PackStore, 'installed' | 'load'>;
  /** The worker's own engine for faces. */
  readonly faces: Pick<FaceEngine, 'detectIn'>;
}

/** A source as data, known without loading any net, in the server as in the workers. */
export interface LabelSourceDefinition {
  readonly id: string;
  /** Part of LabelModelVersion, such as `1`. */
  readonly version: string;
  /** Longer side of the decoding that it needs, pixels. */
  readonly side: number;
  /** Set where its boxes say what is in the foreground of a picture. */
  readonly findsObjects?: true;
  /** A source that needs not look where this one does, because this one tells the same better. */
  readonly replaces?: string;
  /** What it can return; undefined where its pack is not installed. Reads no more than small files. */
  coverage(parts: Pick<LabelSourceParts, 'models' | 'packs'>): Promise<LabelCoverage | undefined>;
  /** Loads its nets; asked only where there is a coverage. */
  open(parts: LabelSourceParts): Promise<LabelSource>;
}
