import { type Net, outputOf } from '../sessions/net.ts';
import { withCapitals } from './capitals.ts';
import { wordConfidence } from './confidence.ts';
import { type Alphabet, decodeCtc, type ReadCharacter } from './ctc.ts';
import { linePlanes, probablyUpsideDown } from './direction.ts';
import { toPlanes } from './planes.ts';
import type { CropText, CropWord, LineCrop } from './port.ts';
import { lineHeight, turnByHalf } from './straighten.ts';
import { extentsOf, splitWords } from './words.ts';

/** The nets that read lines, and what their answers mean. */
export interface LineNets {
  readonly direction: Net;
  readonly recognition: Net;
  readonly alphabet: Alphabet;
}

/** A mean probability below this is no text, or none that the net can read. */
const LEAST_PROBABILITY = 0.5;
/** A line is also read the other way round where it was read less surely than this ... */
const SURE_READING = 0.85;
/** ... or the direction net is less sure than this of either way: it takes "jumps dog" for upside down at 0.86. */
const SURE_DIRECTION = 0.95;
/** No net is surer than this of anything. */
const MOST_CERTAIN = 0.999;
/** What a letter's probability weighs against the direction net's: the more letters, the less that net counts. */
const LETTER_WEIGHT = 5;

interface Reading {
  readonly read: readonly ReadCharacter[];
  readonly steps: number;
  /** Mean probability of the characters, 0..1. */
  readonly probability: number;
}

/** Reads a straightened line, upside down where it stands so. */
export async function readLine(nets: LineNets, { pixels, width }: LineCrop, signal: AbortSignal): Promise<CropText> {
  const probability = await probablyUpsideDown(nets.direction, pixels, width);
  const first = probability > 0.5;
  let upsideDown = first;
  let reading = await recognise(nets, first ? turnByHalf(pixels) : pixels, width);
  if (reading.probability < SURE_READING || Math.max(probability, 1 - probability) < SURE_DIRECTION) {
    signal.throwIfAborted();
    const other = await recognise(nets, first ? pixels : turnByHalf(pixels), width);
    // Both nets count: SIH reads more surely than THIS, but the direction net knows better.
    const letters = Math.max(reading.read.length, other.read.length);
    const readBetter = LETTER_WEIGHT * letters * Math.log(held(other.probability) / held(reading.probability));
    const liesOtherwise = Math.log(
      held(first ? 1 - probability : probability) / held(first ? probability : 1 - probability),
    );
    if (readBetter + liesOtherwise > 0) {
      reading = other;
      upsideDown = !first;
    }
  }
  return { upsideDown, words: reading.probability < LEAST_PROBABILITY ? [] : wordsOf(reading) };
}

async function recognise({ recognition, alphabet }: LineNets, pixels: Uint8Array, width: number): Promise<Reading> {
  const outputs = await recognition.run(toPlanes(pixels, linePlanes), [1, 3, lineHeight, width]);
  const probabilities = outputOf(outputs, 'softmax_11.tmp_0');
  const steps = probabilities.length / alphabet.characters.length;
  const read = decodeCtc(probabilities, steps, alphabet);
  const sum = read.reduce((total, { probability }) => total + probability, 0);
  return { read, steps, probability: read.length === 0 ? 0 : sum / read.length };
}

function wordsOf({ read, steps }: Reading): CropWord[] {
  const runs = splitWords(read);
  const extents = extentsOf(runs, steps);
  return runs.map(({ characters }, i) => ({
    text: withCapitals(characters)
      .map(({ character }) => character)
      .join(''),
    confidence: wordConfidence(characters.map(({ probability }) => probability)),
    from: extents[i]?.from ?? 0,
    to: extents[i]?.to ?? 1,
  }));
}

function held(probability: number): number {
  return Math.min(MOST_CERTAIN, Math.max(1 - MOST_CERTAIN, probability));
}
