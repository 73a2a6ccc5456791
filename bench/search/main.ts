/**
 * `npm run bench:search`: what a search costs and whether it finds what there is, from 10,000 faces through the whole
 * store to 20 million in the index alone, beside others and beside the machine's memory. Each size is measured in a
 * process of its own. See --help.
 */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { hasLfw } from '../../evals/faces/lfw.ts';
import { loadConfig, readEnvironment } from '../../src/config/index.ts';
import { packageRoot } from '../../src/shared/package-root.ts';
import { paddedDimensions } from '../../src/stores/vectors/codes/codes.ts';
import { profiles } from '../../src/vision/recipe/profiles.ts';
import { openGallery, readStatistics } from '../galleries/gallery.ts';
import { quantilesOfGallery } from '../galleries/quantiles.ts';
import { type RealFaces, readRealFaces } from '../galleries/real-faces.ts';
import { startChild } from '../shared/child.ts';
import { describeMachine } from '../shared/machine.ts';
import { aboveZero } from '../shared/option-values.ts';
import { ensurePeers } from '../shared/peers/install.ts';
import type { AlternativeFigures, AlternativesQuestion } from './alternatives/measure.ts';
import type { Bandwidth } from './bandwidth.ts';
import type { RealPairs } from './faces.ts';
import type { IndexFigures, IndexQuestion } from './index-child.ts';
import type { PeerFigures, PeerQuestion } from './peers-child.ts';
import { describeSearch, judge, type SearchBench } from './report.ts';
import type { StoreFigures, StoreQuestion } from './store-child.ts';

const parts = ['gallery', 'store', 'index', 'peers', 'alternatives'] as const;
type Part = (typeof parts)[number];

interface Options {
  readonly only?: readonly Part[];
  readonly sizes?: readonly number[];
  readonly seconds: number;
  readonly long?: boolean;
  readonly lfw: string;
  readonly json?: string;
}

/** Sizes of each part where --sizes does not say others. */
const SIZES: Readonly<Record<Exclude<Part, 'gallery'>, readonly number[]>> = {
  store: [10_000, 100_000, 300_000, 1_000_000],
  index: [10_000, 100_000, 300_000, 1_000_000, 5_000_000, 20_000_000],
  peers: [10_000, 100_000],
  alternatives: [1_000_000],
};
const LONG_SIZE = 300_000;
/** It would take the better part of an hour to build a larger one. */
const MOST_OF_LIBSQL = 100_000;
const USEARCH = { usearch: '2.26.2', 'node-gyp-build': '4.8.4', bindings: '1.5.0' };
const GALLERY_PEOPLE = 4000;
const ALTERNATIVE_PROBES = 20;

const list = (value: string): string[] => value.split(',').map((one) => one.trim());
const options = new Command()
  .name('bench:search')
  .description(
    'Measures search: through the whole store, in the index alone, beside usearch and libsql, and beside other codes. All of it takes hours, 14 GB of memory and 20 GB of disk at 20 million; sizes and parts can be chosen.',
  )
  .option('--only <parts>', `of ${parts.join(',')}`, (value) =>
    list(value).map((one) => {
      if (!(parts as readonly string[]).includes(one)) throw new InvalidArgumentError(`there is no part ${one}`);
      return one as Part;
    }),
  )
  .option('--sizes <n,n>', 'faces, instead of the sizes of each part', (value) =>
    list(value).map((one) => {
      const size = Number(one.replaceAll('_', ''));
      if (!Number.isInteger(size) || size < 1000)
        throw new InvalidArgumentError('sizes are whole numbers from 1000 on');
      return size;
    }),
  )
  .option('--seconds <n>', 'of each measurement of searches', aboveZero, 5)
  .option('--long', `usearch at ${LONG_SIZE.toLocaleString('en')} too, which it takes minutes to build`)
  .option('--lfw <folder>', 'real faces for probes and mates', join(packageRoot(), '..', 'shared', 'data', 'lfw'))
  .option('--json <path>', 'also write all figures to this file')
  .parse()
  .opts<Options>();

const chosen = new Set<Part>(options.only ?? parts);
const sizesOf = (part: keyof typeof SIZES): readonly number[] =>
  chosen.has(part) ? (options.sizes ?? SIZES[part]) : [];
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const { seconds } = options;

const needsFaces = chosen.has('store') || chosen.has('index') || chosen.has('peers') || chosen.has('gallery');
const realFaces = needsFaces ? await readFaces() : undefined;
const real = realFaces && pairsOf(realFaces);

const stores: StoreFigures[] = [];
for (const count of sizesOf('store')) {
  say(`store: ${count.toLocaleString('en')} faces`);
  stores.push(await ask<StoreQuestion, StoreFigures>('./store-child.js', { count, seconds, real }));
}
const peerSizes = [...sizesOf('peers'), ...(options.long && chosen.has('peers') ? [LONG_SIZE] : [])];
const indexes: SearchBench['indexes'][number][] = [];
for (const count of new Set([...sizesOf('index'), ...peerSizes].sort((a, b) => a - b))) {
  say(`index: ${count.toLocaleString('en')} vectors`);
  const figures = await ask<IndexQuestion, IndexFigures>('./index-child.js', { count, seconds, real });
  // What a scan reads of a vector: a byte a dimension and a scale.
  const bytes = count * (paddedDimensions(profiles.accurate.dimensions) + 4);
  indexes.push({ figures, bandwidth: await ask<{ bytes: number }, Bandwidth>('./bandwidth-child.js', { bytes }) });
}
const peers: PeerFigures[] = [];
const wanted = [...new Set(peerSizes)].flatMap((count) => [
  { peer: 'usearch' as const, count },
  ...(count > MOST_OF_LIBSQL ? [] : [{ peer: 'libsql' as const, count }]),
]);
if (wanted.length > 0) {
  const peersFolder = await ensurePeers(say, USEARCH);
  for (const { peer, count } of wanted) {
    say(`${peer}: ${count.toLocaleString('en')} vectors`);
    const question = { peer, count, seconds, real, peersFolder };
    peers.push(await ask<PeerQuestion, PeerFigures>('./peers-child.js', question));
  }
}
const alternatives: SearchBench['alternatives'][number][] = [];
for (const vectors of sizesOf('alternatives')) {
  say(`alternatives: ${vectors.toLocaleString('en')} vectors`);
  const question = { vectors, probes: ALTERNATIVE_PROBES };
  const filters = await ask<AlternativesQuestion, AlternativeFigures[]>('./alternatives/measure.js', question);
  alternatives.push({ vectors, filters });
}

const bench: SearchBench = {
  machine: describeMachine(),
  probes: real === undefined ? 'synthetic' : 'LFW',
  ...(chosen.has('gallery') && { gallery: gallery(realFaces) }),
  stores,
  indexes,
  peers,
  alternatives,
};
const targets = judge(bench);
if (options.json) writeFileSync(options.json, `${JSON.stringify({ ...bench, targets }, null, 2)}\n`);
process.stdout.write(describeSearch(bench, targets));

/** Has a child of its own answer, so that what it holds is its own. */
async function ask<Question, Answer>(entry: string, question: Question): Promise<Answer> {
  const child = startChild<Question, Answer>(new URL(entry, import.meta.url));
  try {
    return await child.ask(question);
  } finally {
    child.close();
  }
}

async function readFaces(): Promise<RealFaces | undefined> {
  const folder = resolve(options.lfw);
  if (!hasLfw(folder)) {
    say(`no LFW in ${folder}: probes and mates are synthetic; name its folder with --lfw`);
    return undefined;
  }
  const { modelsDir } = loadConfig({ env: readEnvironment(), cwd: packageRoot() });
  const onProgress = (done: number, total: number): void => {
    if (done % 500 === 0) say(`features of LFW: ${done} of ${total}`);
  };
  return readRealFaces(folder, { modelsDir, onProgress });
}

/** The labelled pairs of one person each, as many as there are people. */
function pairsOf({ templates, people, pairs }: RealFaces): RealPairs {
  const seen = new Set<number>();
  const chosenPairs = pairs.filter(([a]) => {
    const person = people[a] as number;
    return !seen.has(person) && seen.add(person);
  });
  const join32 = (side: 0 | 1): Float32Array => {
    const rows = chosenPairs.map((pair) => templates[pair[side]] as Float32Array);
    const out = new Float32Array(rows.length * (rows[0]?.length ?? 0));
    for (const [i, row] of rows.entries()) out.set(row, i * row.length);
    return out;
  };
  return { probes: join32(0), mates: join32(1) };
}

function gallery(faces: RealFaces | undefined): NonNullable<SearchBench['gallery']> {
  const statistics = readStatistics();
  const synthetic = quantilesOfGallery(openGallery(statistics, { seed: 5 }), GALLERY_PEOPLE);
  return { real: faces?.measured ?? statistics.measured, synthetic };
}
