import type { OwnRequestOf, OwnResponseOf } from '../../src/contract/index.ts';
import { sha256Hex } from '../../src/shared/canonical-json.ts';
import {
  aboutFileKey,
  aboutImportKey,
  type CollectionFileHeader,
  type CollectionFrame,
  frameBytes,
  readFrame,
  readHeader,
} from '../../src/shared/collection-file.ts';
import { type BoxKeys, boxKeys, openSealedFor, sealFor } from '../../src/shared/sealed-box.ts';
import type { Desk, Office } from './office.ts';

/** An exported collection, frame by frame, and the keys that it is for. */
export interface Exported {
  readonly keys: BoxKeys;
  readonly headerText: string;
  readonly header: CollectionFileHeader;
  readonly frames: readonly CollectionFrame[];
}

export type Wrote = OwnResponseOf<'WriteImport'>;

/** A unit vector of the office's face model on one axis, tilted towards another. */
export function templateOn(dimensions: number, axis: number, turned = 0): Float32Array {
  const template = new Float32Array(dimensions);
  template[axis] = Math.cos(turned);
  template[(axis + dimensions / 2) % dimensions] = Math.sin(turned);
  return template;
}

/** A lower-case UUID that says which number it was made of. */
export function idOf(number: number): string {
  return `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
}

/** Puts faces with given templates into a collection of the office, under names or none. */
export async function enrol(
  { house }: Office,
  collectionId: string,
  faces: readonly { readonly id: number; readonly name?: string; readonly axis?: number; readonly turned?: number }[],
): Promise<void> {
  const { collections } = house.stores;
  const record = await collections.findCollection(collectionId);
  if (record === undefined) throw new Error(`no collection ${collectionId}`);
  const { dimensions } = house.faceModels.calibration(record.modelVersion);
  for (const { id, name, axis = id, turned } of faces) {
    await collections.addFaces(collectionId, {
      imageId: idOf(1_000_000 + id),
      ...(name !== undefined && { externalImageId: name }),
      modelVersion: record.modelVersion,
      maxFaces: 1_000_000,
      faces: [
        {
          faceId: idOf(id),
          box: { left: 0.1, top: 0.2, width: 0.3 + id / 1000, height: 0.4 },
          confidence: 99.5,
          template: templateOn(dimensions, axis, turned),
        },
      ],
    });
  }
}

/** Settles what takes two persons. */
export async function approve(desk: Desk, waiting: { proposalId?: string; digest?: string }): Promise<void> {
  const { proposalId = '', digest = '' } = waiting;
  await desk.own('ApproveProposal', { proposalId, digest });
}

/** Begins an export, which another person approves where that is needed. */
export async function beginExport(
  desk: Desk,
  collectionId: string,
  approver?: Desk,
  keys: BoxKeys = boxKeys(),
): Promise<{ keys: BoxKeys; exportId: string; headerText: string }> {
  const request = { collectionId, recipient: Buffer.from(keys.publicKey).toString('base64') };
  let begun = await desk.own('BeginExport', request);
  if (begun.status === 'pending' && approver !== undefined) {
    await approve(approver, begun);
    begun = await desk.own('BeginExport', request);
  }
  if (begun.exportId === undefined || begun.header === undefined) throw new Error(`the export is ${begun.status}`);
  return { keys, exportId: begun.exportId, headerText: begun.header };
}

/** Reads an export to its end. @param whileReading runs before each frame is read */
export async function exportAll(
  desk: Desk,
  collectionId: string,
  options: { readonly approver?: Desk; readonly whileReading?: (read: number) => unknown } = {},
): Promise<Exported> {
  const { keys, exportId, headerText } = await beginExport(desk, collectionId, options.approver);
  const header = readHeader(headerText);
  const about = { file: sha256Hex(headerText), publicKeyPem: header.publicKeyPem };
  const frames: CollectionFrame[] = [];
  for (let isLast = false; !isLast; ) {
    await options.whileReading?.(frames.length);
    const last = frames.at(-1);
    const answer = await desk.own('ReadExport', {
      collectionId,
      exportId,
      ...(last && { after: JSON.stringify(last.head) }),
    });
    frames.push(readFrame(Buffer.from(answer.frame, 'base64'), about));
    isLast = answer.isLast;
  }
  return { keys, headerText, header, frames };
}

/** What begins the import of a file. */
export function importRequest(collectionId: string, { headerText, frames }: Exported): OwnRequestOf<'BeginImport'> {
  return { collectionId, header: headerText, end: JSON.stringify(frames.at(-1)?.head) };
}

/** An import that is open. */
export interface OpenImport {
  readonly collectionId: string;
  readonly importId: string;
  readonly sealedKey: string;
}

/** Begins an import, which another person approves where that is needed. */
export async function beginImport(
  desk: Desk,
  collectionId: string,
  file: Exported,
  approver?: Desk,
): Promise<OpenImport> {
  const request = importRequest(collectionId, file);
  let begun = await desk.own('BeginImport', request);
  if (begun.status === 'pending' && approver !== undefined) {
    await approve(approver, begun);
    begun = await desk.own('BeginImport', request);
  }
  const { importId, publicKey } = begun;
  if (importId === undefined || publicKey === undefined) throw new Error(`the import is ${begun.status}`);
  const { header, keys } = file;
  const fileKey = openSealedFor(keys, Buffer.from(header.sealedKey, 'base64'), aboutFileKey(header.exportId));
  const sealed = sealFor(Buffer.from(publicKey, 'base64'), fileKey, aboutImportKey(importId));
  return { collectionId, importId, sealedKey: Buffer.from(sealed).toString('base64') };
}

/** Writes frames of a file; those of the roll are sent with those of faces. @returns what each call answered */
export async function writeFrames(
  desk: Desk,
  open: OpenImport,
  { frames }: Pick<Exported, 'frames'>,
  which: (frame: CollectionFrame) => boolean = () => true,
): Promise<Wrote[]> {
  const rolls = frames.filter(({ head }) => head.part === 'roll');
  const answers: Wrote[] = [];
  for (const frame of frames) {
    if (frame.head.part === 'roll' || frame.head.part === 'end' || !which(frame)) continue;
    const sent = frame.head.part === 'faces' ? [frame, ...rolls] : [frame];
    answers.push(
      await desk.own('WriteImport', { ...open, frames: sent.map((one) => frameBytes(one).toString('base64')) }),
    );
  }
  return answers;
}

/** Imports a whole file. */
export async function importAll(desk: Desk, collectionId: string, file: Exported, approver?: Desk) {
  const open = await beginImport(desk, collectionId, file, approver);
  const wrote = await writeFrames(desk, open, file);
  return { open, wrote };
}
