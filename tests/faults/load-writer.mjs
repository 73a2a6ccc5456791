/**
 * Adds, deletes and searches faces of a large collection, several at once, until it is killed; says on standard output
 * what it is about to do and, once it is acknowledged, what it has done. Faces are numbers; arguments: data folder, first
 * new number, seed. A full disk is said and lived through.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { openStores } from '../../dist/stores/index.js';
import { keys, numbersFrom, say } from '../stores/writer.mjs';
import { idOf, imageOf, numberOf, templateOf } from './numbered-faces.mjs';

const [dataDir = '', first = '0', seed = '1'] = process.argv.slice(2);
const random = numbersFrom(Number(seed));

const { collections } = await openStores({ dataDir, clock: Date.now, keys });
const listed = await collections.listFaces('large', { limit: 1_000_000 });
const there = listed.faces.map(({ faceId }) => numberOf(faceId));
let next = Number(first);
say('ready');

/**
 * Tells what is begun and what is done. What the full disk refused to add is not there; what it refused to delete may be
 * gone, if the disk was full only when the place was to be overwritten.
 */
const tell = async (begun, done, numbers, write) => {
  say(begun, ...numbers);
  try {
    await write();
    say(done, ...numbers);
    return true;
  } catch (error) {
    if (error.code !== 'disk-full') throw error;
    say(`refused-${begun}`, ...numbers);
    await sleep(5);
    return false;
  }
};

const add = async () => {
  for (;;) {
    const numbers = Array.from({ length: 1 + Math.floor(random() * 20) }, () => next++);
    const added = await tell('adding', 'added', numbers, () => collections.addFaces('large', imageOf(numbers)));
    if (added) there.push(...numbers);
  }
};
const remove = async () => {
  for (;;) {
    const numbers = there.splice(Math.floor(random() * there.length), 3);
    await tell('deleting', 'deleted', numbers, () => collections.deleteFaces('large', numbers.map(idOf)));
    await sleep(random() * 10);
  }
};
const search = async () => {
  for (;;) {
    const wanted = there[Math.floor(random() * there.length)] ?? 0;
    const options = { minScore: 0.5, limit: 10, signal: new AbortController().signal };
    const [best] = await collections.searchFaces('large', templateOf(wanted), options);
    // What is being deleted may be gone; what is found under an id must be its own.
    if (best !== undefined && best.score > 0.999 && best.face.faceId !== idOf(wanted)) say('wrong', wanted);
    await sleep(random() * 5);
  }
};
await Promise.all([add(), add(), remove(), search()]);
