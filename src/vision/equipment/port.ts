import type { Box } from '../../shared/geometry.ts';
import type { EncodedImage } from '../faces.ts';

/** What protects a part of the body. */
export type EquipmentType = 'FACE_COVER' | 'HAND_COVER' | 'HEAD_COVER';

/** A part of the body that equipment protects; left and right are the person's own. */
export type BodyPart = 'FACE' | 'LEFT_HAND' | 'RIGHT_HAND' | 'HEAD';

/** A piece of equipment beside a body part. */
export interface EquipmentFinding {
  readonly type: EquipmentType;
  /** Ratios of the upright image. */
  readonly box: Box;
  /** 50..100. */
  readonly confidence: number;
  /** Whether it covers the part; its confidence, 50..100, is how much of the equipment lies on the part or beside it. */
  readonly covers: { readonly value: boolean; readonly confidence: number };
}

/** A part of the body that was seen. */
export interface BodyPartFinding {
  readonly part: BodyPart;
  /** 50..100. */
  readonly confidence: number;
  /** Undefined where the model cannot tell this part's equipment: an empty list would say that there is none. */
  readonly equipment: readonly EquipmentFinding[] | undefined;
}

/** A person with what could be seen of them; cannot say who it is. */
export interface PersonFinding {
  /** Ratios of the upright image. */
  readonly box: Box;
  /** 50..100. */
  readonly confidence: number;
  /** Face, left hand, right hand, head; those that were seen. */
  readonly parts: readonly BodyPartFinding[];
}

/** What a look at an image found. */
export interface EquipmentFindings {
  /** Largest first, at most 15. */
  readonly persons: readonly PersonFinding[];
  /** The equipment that the model can tell; nothing is known of any other. */
  readonly tells: readonly EquipmentType[];
  /** Digits and dots: names exactly the operator's files. */
  readonly modelVersion: string;
}

/** Finds persons and what protects them. */
export interface EquipmentDetector {
  /**
   * @throws {PackMissingError} where no model is installed
   * @throws {ImageError} when the bytes are no image of a supported format or break a limit
   * @throws {DOMException} AbortError when the signal fires
   */
  findEquipment(image: EncodedImage, signal: AbortSignal): Promise<EquipmentFindings>;
}
