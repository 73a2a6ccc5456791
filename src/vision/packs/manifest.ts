import { readData } from '../../shared/package-root.ts';
import type { Provenance } from '../models/index.ts';

/** What a pack's model does; the engine that uses it knows its signature. */
export type PackKind =
  | 'object-detector'
  | 'image-classifier'
  | 'image-text-model'
  | 'face-detector'
  | 'face-recogniser'
  | 'moderation-model'
  | 'equipment-detector';

/** One file of a pack. */
export interface PackFile {
  /** Its name within the pack: no folder, so that nothing can be written elsewhere. */
  readonly path: string;
  /** Its official home; a file without one comes from the operator. */
  readonly url?: string;
  /** Its size; a file without one may have as many bytes as `maxBytes` says. */
  readonly bytes?: number;
  /** Most bytes that are taken where the size is not known. */
  readonly maxBytes?: number;
  /** In hex; without it the operator pins the file. */
  readonly sha256?: string;
  /** What is in it. */
  readonly holds: string;
}

/** The licence of a pack's files. */
export interface PackLicence {
  /** SPDX name, or `stated by the operator` where the operator brings the files. */
  readonly name: string;
  /** Where its text is. */
  readonly url?: string;
  /** The same text below data/, to be read before it is accepted. */
  readonly text?: string;
}

/** What a pack's model takes and gives, in words that another model can be built to. */
export interface PackSignature {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly notes: readonly string[];
}

/** One optional pack. */
export interface PackEntry {
  readonly id: string;
  readonly purpose: string;
  readonly kind: PackKind;
  readonly files: readonly PackFile[];
  readonly licence: PackLicence;
  /** Whether the licence lets it be used for gain; undefined where the operator brings the files and says. */
  readonly commercialUse?: boolean;
  readonly provenance: Provenance;
  readonly signature: PackSignature;
  /** What was measured of it here, or that nothing was. */
  readonly measured: string;
}

/** data/packs.json. */
export interface PackManifest {
  readonly packs: readonly PackEntry[];
}

/** Reads the manifest of optional packs that comes with Likeness (data/packs.json). */
export function readPackManifest(): PackManifest {
  return readData<PackManifest>('packs.json');
}
