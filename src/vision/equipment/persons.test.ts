import { describe, expect, it } from 'vitest';
import { type EquipmentMeaning, personsOf, type Seen } from './persons.ts';

const all = new Set(['FACE_COVER', 'HAND_COVER', 'HEAD_COVER'] as const);
const at = (
  meaning: EquipmentMeaning,
  left: number,
  top: number,
  width: number,
  height: number,
  confidence = 90,
): Seen => ({
  meaning,
  box: { left, top, width, height },
  confidence,
});
const person = at('PERSON', 0.1, 0.1, 0.3, 0.8);
const head = at('HEAD', 0.2, 0.1, 0.1, 0.15);

/** The parts of the only person. */
const partsOf = (...held: Seen[]) => personsOf([person, ...held], all)[0]?.parts ?? [];

describe('persons and their equipment', () => {
  it('are told largest first, at most 15', () => {
    const many = Array.from({ length: 20 }, (_, i) => at('PERSON', 0, 0, 0.01 * (i + 1), 0.1));
    const told = personsOf(many, all);
    expect(told).toHaveLength(15);
    expect(told[0]?.box.width).toBeCloseTo(0.2);
  });

  it('tell parts in one order, each with its equipment', () => {
    const parts = partsOf(
      head,
      at('FACE', 0.2, 0.15, 0.1, 0.1),
      at('HAND', 0.1, 0.5, 0.05, 0.05),
      at('HAND', 0.35, 0.5, 0.05, 0.05),
    );
    expect(parts.map(({ part }) => part)).toEqual(['FACE', 'LEFT_HAND', 'RIGHT_HAND', 'HEAD']);
    for (const { equipment } of parts) expect(equipment).toEqual([]);
  });

  it('wear a helmet that lies on the head, and do not wear one that they hold', () => {
    const [worn] = partsOf(head, at('HEAD_COVER', 0.2, 0.08, 0.1, 0.1, 77));
    expect(worn?.equipment).toMatchObject([{ type: 'HEAD_COVER', confidence: 77, covers: { value: true } }]);
    const [held] = partsOf(head, at('HEAD_COVER', 0.2, 0.6, 0.1, 0.1));
    expect(held?.equipment).toMatchObject([{ covers: { value: false, confidence: 100 } }]);
  });

  it('wear what a class means that is part and equipment in one', () => {
    expect(partsOf(at('COVERED_HEAD', 0.2, 0.1, 0.1, 0.15, 66))).toMatchObject([
      { part: 'HEAD', confidence: 66, equipment: [{ type: 'HEAD_COVER', covers: { value: true, confidence: 66 } }] },
    ]);
  });

  it('have a right hand further left in the image, and one hand by the side of the body where it is', () => {
    const [left, right] = partsOf(at('HAND', 0.35, 0.5, 0.05, 0.05, 80), at('COVERED_HAND', 0.1, 0.5, 0.05, 0.05, 70));
    expect([left?.part, left?.confidence, left?.equipment?.length]).toEqual(['LEFT_HAND', 80, 0]);
    expect([right?.part, right?.confidence, right?.equipment?.length]).toEqual(['RIGHT_HAND', 70, 1]);
    expect(partsOf(at('HAND', 0.12, 0.5, 0.05, 0.05)).map(({ part }) => part)).toEqual(['RIGHT_HAND']);
    expect(partsOf(at('LEFT_HAND', 0.12, 0.5, 0.05, 0.05)).map(({ part }) => part)).toEqual(['LEFT_HAND']);
  });

  it('do not share what one of them has: it is the one who holds most of it, of two alike the smaller', () => {
    const small = at('PERSON', 0.15, 0.1, 0.2, 0.5);
    const [big, little] = personsOf([person, small, head, at('FACE', 0.8, 0.8, 0.1, 0.1)], all);
    expect(big?.parts).toEqual([]);
    expect(little?.parts.map(({ part }) => part)).toEqual(['HEAD']);
  });

  it('have no list of equipment that the model cannot tell', () => {
    const [told] = personsOf([person, head], new Set(['FACE_COVER']));
    expect(told?.parts).toEqual([{ part: 'HEAD', confidence: 90, equipment: undefined }]);
  });

  it('do not get equipment without the part that it would be on', () => {
    expect(partsOf(at('HEAD_COVER', 0.2, 0.1, 0.1, 0.1))).toEqual([]);
  });
});
