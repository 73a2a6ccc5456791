import type { Box } from '../../shared/geometry.ts';
import type { BodyPart, BodyPartFinding, EquipmentFinding, EquipmentType, PersonFinding } from './port.ts';

/**
 * What a class of an operator's model may mean. `HAND` is a hand whose side the model does not tell. `COVERED_...` is a part
 * and the equipment on it in one box; `..._COVER` is the thing itself, worn or not.
 */
export const equipmentMeanings = [
  'PERSON',
  'FACE',
  'HEAD',
  'HAND',
  'LEFT_HAND',
  'RIGHT_HAND',
  'COVERED_FACE',
  'COVERED_HEAD',
  'COVERED_HAND',
  'FACE_COVER',
  'HEAD_COVER',
  'HAND_COVER',
] as const;
export type EquipmentMeaning = (typeof equipmentMeanings)[number];

/** A box of the model with what its class means. */
export interface Seen {
  readonly meaning: EquipmentMeaning;
  /** Ratios of the upright image. */
  readonly box: Box;
  /** 0..100. */
  readonly confidence: number;
}

export const mostPersons = 15;

/** The equipment that a class can tell of. */
export const toldBy: Readonly<Partial<Record<EquipmentMeaning, EquipmentType>>> = {
  COVERED_FACE: 'FACE_COVER',
  COVERED_HEAD: 'HEAD_COVER',
  COVERED_HAND: 'HAND_COVER',
  FACE_COVER: 'FACE_COVER',
  HEAD_COVER: 'HEAD_COVER',
  HAND_COVER: 'HAND_COVER',
};

const equipmentOf: Readonly<Record<BodyPart, EquipmentType>> = {
  FACE: 'FACE_COVER',
  LEFT_HAND: 'HAND_COVER',
  RIGHT_HAND: 'HAND_COVER',
  HEAD: 'HEAD_COVER',
};

const areaOf = ({ width, height }: Box): number => width * height;

/** Share of `inner` that lies in `outer`, 0..1. */
function shareIn(inner: Box, outer: Box): number {
  const width = Math.min(inner.left + inner.width, outer.left + outer.width) - Math.max(inner.left, outer.left);
  const height = Math.min(inner.top + inner.height, outer.top + outer.height) - Math.max(inner.top, outer.top);
  return width > 0 && height > 0 ? (width * height) / Math.max(areaOf(inner), Number.EPSILON) : 0;
}

/** A part of a person: its box, and its equipment where both are one box. */
interface Part {
  readonly box: Box;
  readonly confidence: number;
  readonly covered: boolean;
}

/**
 * Gives parts and equipment to persons: each to the person whose box holds most of it, at least half, and the smaller one
 * of two that hold it alike. What no person holds is dropped.
 */
export function personsOf(seen: readonly Seen[], tells: ReadonlySet<EquipmentType>): PersonFinding[] {
  const persons = seen
    .filter(({ meaning }) => meaning === 'PERSON')
    .sort((a, b) => areaOf(b.box) - areaOf(a.box))
    .slice(0, mostPersons);
  const held = persons.map((): Seen[] => []);
  for (const one of seen) {
    if (one.meaning === 'PERSON') continue;
    const shares = persons.map(({ box }) => shareIn(one.box, box));
    const most = Math.max(0, ...shares);
    // Persons come largest first, so the last that holds it alike is the smallest.
    const holder = shares.reduce((best, share, index) => (share >= most - 0.01 ? index : best), -1);
    if (most >= 0.5) held[holder]?.push(one);
  }
  return persons.map(({ box, confidence }, index) => ({
    box,
    confidence,
    parts: partsOf(box, held[index] ?? [], tells),
  }));
}

function partsOf(person: Box, held: readonly Seen[], tells: ReadonlySet<EquipmentType>): BodyPartFinding[] {
  const hands = handsOf(person, held);
  const parts: readonly (readonly [BodyPart, Part | undefined])[] = [
    ['FACE', surest(held, 'FACE', 'COVERED_FACE')],
    ['LEFT_HAND', hands.left],
    ['RIGHT_HAND', hands.right],
    ['HEAD', surest(held, 'HEAD', 'COVERED_HEAD')],
  ];
  const seenParts = parts.flatMap(([name, part]) => (part ? [{ name, part }] : []));
  const equipment = new Map(seenParts.map(({ name, part }) => [name, ownEquipment(name, part)]));
  for (const thing of held) {
    if (!thing.meaning.endsWith('_COVER')) continue;
    const fitting = seenParts.filter(({ name }) => equipmentOf[name] === thing.meaning);
    const nearest = fitting.sort((a, b) => distance(a.part.box, thing.box) - distance(b.part.box, thing.box))[0];
    if (nearest) equipment.get(nearest.name)?.push(equipmentAt(thing, nearest.part));
  }
  return seenParts.map(({ name, part }) => ({
    part: name,
    confidence: part.confidence,
    equipment: tells.has(equipmentOf[name]) ? (equipment.get(name) ?? []) : undefined,
  }));
}

/** The surest part, and whether its box is that of a covered one. */
function surest(held: readonly Seen[], bare: EquipmentMeaning, covered: EquipmentMeaning): Part | undefined {
  return partsNamed(held, bare, covered)[0];
}

function partsNamed(held: readonly Seen[], bare: EquipmentMeaning, covered: EquipmentMeaning): Part[] {
  return held
    .filter(({ meaning }) => meaning === bare || meaning === covered)
    .sort((a, b) => b.confidence - a.confidence)
    .map(({ box, confidence, meaning }) => ({ box, confidence, covered: meaning === covered }));
}

const middleOf = ({ left, width }: Box): number => left + width / 2;

/**
 * The two hands. Where the model does not tell sides, the person is taken to face the camera: the hand further left in the
 * image is the right one; a single hand is judged by the middle of the person.
 */
function handsOf(person: Box, held: readonly Seen[]): { readonly left?: Part; readonly right?: Part } {
  const left = partsNamed(held, 'LEFT_HAND', 'LEFT_HAND')[0];
  const right = partsNamed(held, 'RIGHT_HAND', 'RIGHT_HAND')[0];
  // Two boxes for one hand, as bare and as covered, are one: the surer.
  const either: Part[] = [];
  for (const part of partsNamed(held, 'HAND', 'COVERED_HAND'))
    if (!either.some(({ box }) => shareIn(part.box, box) > 0.5)) either.push(part);
  const told = { ...(left && { left: uncovered(left) }), ...(right && { right: uncovered(right) }) };
  const [first, second] = either;
  if (first === undefined) return told;
  if (second === undefined) {
    const side = middleOf(first.box) < middleOf(person) ? 'right' : 'left';
    return { [side]: first, ...told };
  }
  const [leftmost, rightmost] = [first, second].sort((a, b) => middleOf(a.box) - middleOf(b.box));
  return { ...(rightmost && { left: rightmost }), ...(leftmost && { right: leftmost }), ...told };
}

const uncovered = (part: Part): Part => ({ ...part, covered: false });

function ownEquipment(name: BodyPart, { box, confidence, covered }: Part): EquipmentFinding[] {
  return covered ? [{ type: equipmentOf[name], box, confidence, covers: { value: true, confidence } }] : [];
}

/** Equipment covers a part when at least half of the smaller of the two boxes lies in the other. */
function equipmentAt(thing: Seen, part: Part): EquipmentFinding {
  const share = Math.max(shareIn(thing.box, part.box), shareIn(part.box, thing.box));
  return {
    type: thing.meaning as EquipmentType,
    box: thing.box,
    confidence: thing.confidence,
    covers: { value: share >= 0.5, confidence: 100 * Math.max(share, 1 - share) },
  };
}

function distance(a: Box, b: Box): number {
  return Math.hypot(middleOf(a) - middleOf(b), a.top + a.height / 2 - b.top - b.height / 2);
}
