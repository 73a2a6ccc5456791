import type { BodyPart, EquipmentFindings, EquipmentType, PersonFinding } from '../../vision/index.ts';

/** Ids of persons, each in one list. */
export interface EquipmentSummary {
  PersonsWithRequiredEquipment: number[];
  PersonsWithoutRequiredEquipment: number[];
  PersonsIndeterminate: number[];
}

/** Nothing less sure is told. */
const LEAST_TOLD = 50;

type Verdict = 'with' | 'without' | 'indeterminate';

const partsOf: Readonly<Record<EquipmentType, readonly BodyPart[]>> = {
  FACE_COVER: ['FACE'],
  HAND_COVER: ['LEFT_HAND', 'RIGHT_HAND'],
  HEAD_COVER: ['HEAD'],
};

/**
 * Sorts persons by whether they wear all that is required.
 *
 * Without: a part was seen, and nothing that would cover it, not even unsurely. With: every part of every required type was
 * seen with equipment that covers it, each of them at least as sure as `least`; for hands that is both hands. All others
 * are indeterminate: a part that was not seen, a sureness below `least`, a type that the model cannot tell.
 *
 * @param asked 0..100; below 50 it is as 50, because nothing less sure is told at all
 * @source Amazon Rekognition API, ProtectiveEquipmentSummarizationAttributes
 */
export function summaryOf(
  found: EquipmentFindings,
  required: readonly EquipmentType[],
  asked: number,
): EquipmentSummary {
  const least = Math.max(LEAST_TOLD, asked);
  const summary: EquipmentSummary = {
    PersonsWithRequiredEquipment: [],
    PersonsWithoutRequiredEquipment: [],
    PersonsIndeterminate: [],
  };
  for (const [id, person] of found.persons.entries()) {
    const verdict = personVerdict(person, required, new Set(found.tells), least);
    if (verdict === 'with') summary.PersonsWithRequiredEquipment.push(id);
    else if (verdict === 'without') summary.PersonsWithoutRequiredEquipment.push(id);
    else summary.PersonsIndeterminate.push(id);
  }
  return summary;
}

function personVerdict(
  person: PersonFinding,
  required: readonly EquipmentType[],
  tells: ReadonlySet<EquipmentType>,
  least: number,
): Verdict {
  if (person.confidence < least) return 'indeterminate';
  const verdicts = required.flatMap((type) =>
    partsOf[type].map((part) => (tells.has(type) ? partVerdict(person, part, least) : 'indeterminate')),
  );
  if (verdicts.includes('without')) return 'without';
  return verdicts.includes('indeterminate') ? 'indeterminate' : 'with';
}

function partVerdict(person: PersonFinding, part: BodyPart, least: number): Verdict {
  const seen = person.parts.find((candidate) => candidate.part === part);
  if (seen?.equipment === undefined || seen.confidence < least) return 'indeterminate';
  const covering = seen.equipment.filter(({ covers }) => covers.value);
  if (covering.some(({ confidence, covers }) => confidence >= least && covers.confidence >= least)) return 'with';
  return seen.equipment.length === 0 || seen.equipment.every(isOff(least)) ? 'without' : 'indeterminate';
}

/** Equipment that is surely not on the part, such as a helmet that is held in a hand. */
const isOff =
  (least: number) =>
  ({ covers }: { readonly covers: { readonly value: boolean; readonly confidence: number } }): boolean =>
    !covers.value && covers.confidence >= least;
