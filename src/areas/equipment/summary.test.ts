import { describe, expect, it } from 'vitest';
import type { BodyPart, BodyPartFinding, EquipmentFindings, EquipmentType } from '../../vision/index.ts';
import { summaryOf } from './summary.ts';

const box = { left: 0, top: 0, width: 1, height: 1 };
const typeOf = { FACE: 'FACE_COVER', LEFT_HAND: 'HAND_COVER', RIGHT_HAND: 'HAND_COVER', HEAD: 'HEAD_COVER' } as const;
const bare = (part: BodyPart, confidence = 95): BodyPartFinding => ({ part, confidence, equipment: [] });
const covered = (part: BodyPart, confidence = 95, value = true, sure = 95): BodyPartFinding => ({
  part,
  confidence: 95,
  equipment: [{ type: typeOf[part], box, confidence, covers: { value, confidence: sure } }],
});

/** Where the only person comes to stand. */
function standing(
  parts: readonly BodyPartFinding[],
  required: readonly EquipmentType[],
  { least = 80, confidence = 95, tells = ['FACE_COVER', 'HAND_COVER', 'HEAD_COVER'] as readonly EquipmentType[] } = {},
) {
  const found: EquipmentFindings = { persons: [{ box, confidence, parts }], tells, modelVersion: '1.0.1' };
  const summary = summaryOf(found, required, least);
  const lists = Object.entries(summary).filter(([, ids]) => ids.includes(0));
  expect(lists).toHaveLength(1);
  return lists[0]?.[0];
}
const wearing = 'PersonsWithRequiredEquipment';
const lacking = 'PersonsWithoutRequiredEquipment';
const unclear = 'PersonsIndeterminate';

describe('a summary of protective equipment', () => {
  it('counts who wears all that is required, and who lacks one', () => {
    expect(standing([covered('HEAD'), covered('FACE')], ['HEAD_COVER', 'FACE_COVER'])).toBe(wearing);
    expect(standing([covered('HEAD'), bare('FACE')], ['HEAD_COVER', 'FACE_COVER'])).toBe(lacking);
    expect(standing([covered('HEAD'), bare('FACE')], ['HEAD_COVER'])).toBe(wearing);
  });

  it('leaves open what could not be seen', () => {
    expect(standing([], ['HEAD_COVER'])).toBe(unclear);
    expect(standing([covered('HEAD')], ['HEAD_COVER', 'FACE_COVER'])).toBe(unclear);
    expect(standing([bare('HEAD')], ['HEAD_COVER', 'FACE_COVER'])).toBe(lacking);
  });

  it('leaves open what is less sure than asked: the person, the part, the equipment, and that it covers', () => {
    expect(standing([covered('HEAD')], ['HEAD_COVER'], { confidence: 79 })).toBe(unclear);
    expect(standing([bare('HEAD', 79)], ['HEAD_COVER'])).toBe(unclear);
    expect(standing([covered('HEAD', 79)], ['HEAD_COVER'])).toBe(unclear);
    expect(standing([covered('HEAD', 95, true, 79)], ['HEAD_COVER'])).toBe(unclear);
    expect(standing([covered('HEAD', 79)], ['HEAD_COVER'], { least: 79 })).toBe(wearing);
  });

  it('takes a helmet in the hand for no helmet, when that is sure', () => {
    expect(standing([covered('HEAD', 95, false)], ['HEAD_COVER'])).toBe(lacking);
    expect(standing([covered('HEAD', 95, false, 60)], ['HEAD_COVER'])).toBe(unclear);
  });

  it('asks for both hands', () => {
    expect(standing([covered('LEFT_HAND'), covered('RIGHT_HAND')], ['HAND_COVER'])).toBe(wearing);
    expect(standing([covered('LEFT_HAND')], ['HAND_COVER'])).toBe(unclear);
    expect(standing([covered('LEFT_HAND'), bare('RIGHT_HAND')], ['HAND_COVER'])).toBe(lacking);
  });

  it('never says that someone lacks what the model cannot tell', () => {
    const parts = [{ ...bare('HEAD'), equipment: undefined }];
    expect(standing(parts, ['HEAD_COVER'], { tells: ['FACE_COVER'] })).toBe(unclear);
  });

  it('takes a least confidence below 50 as 50', () => {
    expect(standing([covered('HEAD', 50)], ['HEAD_COVER'], { least: 0 })).toBe(wearing);
    expect(standing([covered('HEAD', 49)], ['HEAD_COVER'], { least: 0 })).toBe(unclear);
  });
});
