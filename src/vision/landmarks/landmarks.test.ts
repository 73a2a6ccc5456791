import { describe, expect, it } from 'vitest';
import { boxOfMesh, MESH_POINTS, regionOfMesh, rollOfMesh } from './facemesh.ts';
import type { Irises } from './iris.ts';
import { landmarksOf } from './landmarks.ts';
import { poseOf } from './pose.ts';

/**
 * A rigid head: eyes, forehead and chin as facemesh places them, turned by degrees, in image pixels (z towards the back).
 */
function head({ yaw = 0, pitch = 0, roll = 0 }: { yaw?: number; pitch?: number; roll?: number }): Float32Array {
  const rad = Math.PI / 180;
  const mesh = new Float32Array(MESH_POINTS * 3);
  const place = (index: number, x: number, y: number, z: number) => {
    const p = pitch * rad;
    // up: the forehead goes back, the chin comes forward
    const [y1, z1] = [y * Math.cos(p) - z * Math.sin(p), -y * Math.sin(p) + z * Math.cos(p)];
    const w = yaw * rad;
    // to the image's right: the right side goes back
    const [x2, z2] = [x * Math.cos(w) - z1 * Math.sin(w), x * Math.sin(w) + z1 * Math.cos(w)];
    const r = roll * rad;
    mesh.set([200 + x2 * Math.cos(r) - y1 * Math.sin(r), 200 + x2 * Math.sin(r) + y1 * Math.cos(r), z2], index * 3);
  };
  for (let i = 0; i < MESH_POINTS; i++) place(i, (i % 21) - 10, (i % 31) - 15, -20);
  place(33, -45, -20, 0);
  place(263, 45, -20, 0);
  place(10, 0, -80, 0);
  place(152, 0, 80, 0);
  return mesh;
}

describe('pose', () => {
  const level = poseOf(head({}));

  it('calls a turn to the right of the image positive yaw', () => {
    expect(poseOf(head({ yaw: 30 })).yaw).toBeCloseTo(30, 3);
    expect(poseOf(head({ yaw: -20 })).yaw).toBeCloseTo(-20, 3);
  });

  it('calls a clockwise tilt in the image positive roll, upside down included', () => {
    expect(poseOf(head({ roll: 25 })).roll).toBeCloseTo(25, 3);
    expect(poseOf(head({ roll: -90 })).roll).toBeCloseTo(-90, 3);
    expect(Math.abs(poseOf(head({ roll: 180 })).roll)).toBeCloseTo(180, 3);
  });

  it('calls looking up positive pitch', () => {
    expect(poseOf(head({ pitch: 20 })).pitch - level.pitch).toBeCloseTo(20, 3);
    expect(poseOf(head({ pitch: -15 })).pitch - level.pitch).toBeCloseTo(-15, 3);
  });

  it('keeps pitch and yaw apart from roll', () => {
    const rolled = poseOf(head({ roll: 70, pitch: 10 }));
    expect(rolled.pitch - level.pitch).toBeCloseTo(10, 3);
    expect(rolled.yaw).toBeCloseTo(0, 3);
  });
});

describe('the region for the next pass', () => {
  it('turns with the eyes and stays around the mesh', () => {
    const mesh = head({ roll: 40 });
    const region = regionOfMesh(mesh);
    expect(region.roll).toBeCloseTo((40 * Math.PI) / 180, 5);
    expect(region.roll).toBeCloseTo(rollOfMesh(mesh), 9);
    expect(region.x).toBeCloseTo(200, 0);
    expect(region.y).toBeCloseTo(200, 0);
    expect(region.side).toBeCloseTo(160 * 1.5, 0);
  });

  it('is upright for the box of the answer', () => {
    const box = boxOfMesh(head({ roll: 90 }));
    expect(box.x1 - box.x0).toBeCloseTo(160, 0);
  });
});

describe('landmarks', () => {
  it('are 30 different names, the five of the default answer first', () => {
    const names = landmarksOf(head({})).map(({ type }) => type);
    expect(new Set(names).size).toBe(30);
    expect(names.slice(0, 5)).toEqual(['eyeLeft', 'eyeRight', 'mouthLeft', 'mouthRight', 'nose']);
  });

  it('take the pupils from the irises where there are any, else from the eyes', () => {
    const openness = 0.2;
    const left = Float32Array.from([11, 12, 0, 0, 0, 0, 0, 0, 0, 0]);
    const right = Float32Array.from([21, 22, 0, 0, 0, 0, 0, 0, 0, 0]);
    const find = (irises?: Irises) => {
      const points = irises ? landmarksOf(head({}), irises) : landmarksOf(head({}));
      return (name: string) => points.find(({ type }) => type === name)!;
    };
    expect(find({ left, right, openness })('leftPupil')).toMatchObject({ x: 11, y: 12 });
    expect(find({ left, right, openness })('rightPupil')).toMatchObject({ x: 21, y: 22 });
    expect(find()('leftPupil').x).toBe(find()('eyeLeft').x);
  });
});
