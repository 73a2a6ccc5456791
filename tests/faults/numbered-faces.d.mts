import type { NewFace } from '../../src/stores/ports/index.ts';

export declare const DIMENSIONS: number;
export declare function idOf(number: number): string;
export declare function numberOf(faceId: string): number;
export declare function templateOf(number: number): Float32Array;
export declare function imageOf(numbers: readonly number[]): {
  imageId: string;
  modelVersion: string;
  maxFaces: number;
  faces: NewFace[];
};
