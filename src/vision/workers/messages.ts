import { ImageError, type ImageFault } from '../../media/errors.ts';
import type { Box } from '../../shared/geometry.ts';
import type { EquipmentFindings } from '../equipment/port.ts';
import { PackMissingError, UnknownFaceModelError, VisionFailedError } from '../errors.ts';
import type { DetectedFaces, DetectFacesOptions, EmbeddedFaces, EmbedFacesOptions, EncodedImage } from '../faces.ts';
import type { DetectedLabels, DetectLabelsOptions } from '../labels/port.ts';
import type { ModerationFindings } from '../moderation/port.ts';
import type { VisualFeature } from '../similar/port.ts';
import type { CropText, FindTextOptions, FoundText, LineCrop } from '../text/port.ts';

/** What a worker can be asked, by name; the pool's calls and the worker's answers are typed from it. */
export interface Tasks {
  detect: { input: { image: EncodedImage; options: DetectFacesOptions }; output: DetectedFaces };
  embed: { input: { image: EncodedImage; options: EmbedFacesOptions }; output: EmbeddedFaces };
  labels: { input: { image: EncodedImage; options: DetectLabelsOptions }; output: DetectedLabels };
  moderate: { input: { image: EncodedImage; options: Readonly<Record<never, never>> }; output: ModerationFindings };
  findEquipment: { input: { image: EncodedImage; options: Readonly<Record<never, never>> }; output: EquipmentFindings };
  crop: { input: { image: EncodedImage; options: { readonly boxes: readonly Box[] } }; output: readonly Uint8Array[] };
  findText: { input: { image: EncodedImage; options: FindTextOptions }; output: FoundText };
  /** The lines stand for the image: a batch of crops that some {@link Tasks.findText} cut out. */
  readLines: {
    input: { image: readonly LineCrop[]; options: Readonly<Record<never, never>> };
    output: readonly CropText[];
  };
  visualFeature: { input: { image: EncodedImage; options: Readonly<Record<never, never>> }; output: VisualFeature };
}

/** The name of a task. */
export type TaskName = keyof Tasks;

/** From the pool to a worker. */
export type ToWorker =
  | { readonly type: 'start'; readonly settings: unknown }
  | { readonly type: 'task'; readonly id: number; readonly name: TaskName; readonly input: Tasks[TaskName]['input'] }
  | { readonly type: 'cancel'; readonly id: number };

/** From a worker to the pool. */
export type FromWorker =
  | { readonly type: 'started' }
  | { readonly type: 'not-started'; readonly failure: Failure }
  | {
      readonly type: 'done';
      readonly id: number;
      readonly output: Tasks[TaskName]['output'];
      readonly rssBytes: number;
    }
  | { readonly type: 'failed'; readonly id: number; readonly failure: Failure; readonly rssBytes: number };

/** An error in a form that crosses processes. */
export type Failure =
  | { readonly kind: 'image'; readonly fault: ImageFault; readonly message: string }
  | { readonly kind: 'unknown-model'; readonly modelVersion: string }
  | { readonly kind: 'pack-missing'; readonly packId: string }
  | { readonly kind: 'aborted' }
  | { readonly kind: 'other'; readonly name: string; readonly message: string };

/** Packs an error for the way to the pool. */
export function packFailure(error: unknown): Failure {
  if (error instanceof ImageError) return { kind: 'image', fault: error.fault, message: error.message };
  if (error instanceof UnknownFaceModelError) return { kind: 'unknown-model', modelVersion: error.modelVersion };
  if (error instanceof PackMissingError) return { kind: 'pack-missing', packId: error.packId };
  if (error instanceof Error && error.name === 'AbortError') return { kind: 'aborted' };
  return error instanceof Error
    ? { kind: 'other', name: error.name, message: error.message }
    : { kind: 'other', name: 'Error', message: String(error) };
}

/** Unpacks a worker's failure into the error that the ports name. */
export function unpackFailure(failure: Failure): Error {
  switch (failure.kind) {
    case 'image':
      return new ImageError(failure.fault, failure.message);
    case 'unknown-model':
      return new UnknownFaceModelError(failure.modelVersion);
    case 'pack-missing':
      return new PackMissingError(failure.packId);
    case 'aborted':
      return new DOMException('The work was aborted', 'AbortError');
    case 'other':
      return new VisionFailedError(`${failure.name}: ${failure.message}`);
  }
}
