import type { FaceTemplate } from '../../vision/index.ts';

/** What a case keeps of a face that waits: with its {@link PendingFace} all that storing it takes. */
export interface PendingTemplate {
  readonly faceId: string;
  readonly template: FaceTemplate;
  /** JPEG. */
  readonly crop?: Uint8Array | undefined;
  /** How many faces the collection may hold. */
  readonly maxFaces: number;
}

interface Packed {
  readonly faceId: string;
  /** Base64 of little-endian float32. */
  readonly template: string;
  /** Base64. */
  readonly crop?: string;
  readonly maxFaces: number;
}

/** Packs a waiting template for its case, which keeps it sealed and opens it to nobody. */
export function packPendingTemplate({ faceId, template, crop, maxFaces }: PendingTemplate): Uint8Array {
  const packed: Packed = {
    faceId,
    template: Buffer.from(template.buffer, template.byteOffset, template.byteLength).toString('base64'),
    ...(crop && { crop: Buffer.from(crop).toString('base64') }),
    maxFaces,
  };
  return Buffer.from(JSON.stringify(packed), 'utf8');
}

/** Unpacks what {@link packPendingTemplate} packed. */
export function unpackPendingTemplate(payload: Uint8Array): PendingTemplate {
  const { faceId, template, crop, maxFaces } = JSON.parse(Buffer.from(payload).toString('utf8')) as Packed;
  const bytes = Buffer.from(template, 'base64');
  return {
    faceId,
    template: new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)),
    ...(crop !== undefined && { crop: new Uint8Array(Buffer.from(crop, 'base64')) }),
    maxFaces,
  };
}
