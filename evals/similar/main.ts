/**
 * Measures what visual similarity finds, and what it does not: the same photo in other forms, photos of one kind, and
 * persons, who must not be found.
 *
 * Run: `npm run eval:similar -- [--data FOLDER] [--photos N] [--people N] [--json]`
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { loadConfig, readEnvironment } from '../../src/config/index.ts';
import { packageRoot } from '../../src/shared/package-root.ts';
import { createFaceEngine } from '../../src/vision/face-engine.ts';
import { openModelStore } from '../../src/vision/models/index.ts';
import type { VisualFeature } from '../../src/vision/similar/port.ts';
import { fusedScore, onScale } from '../../src/vision/similar/similarity.ts';
import { openVisualEngine } from '../../src/vision/similar/visual-engine.ts';
import { hasLfw, readLfw } from '../faces/lfw.ts';
import { createBars } from '../progress.ts';
import { areaUnderCurve, quantile, type Retrieval, retrieval } from './retrieval.ts';
import { ordinary, variants } from './variants.ts';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: join(packageRoot(), '..', 'shared', 'data') },
    photos: { type: 'string', default: '1000' },
    people: { type: 'string', default: '150' },
    json: { type: 'boolean', default: false },
  },
});
const data = resolve(values.data);
const colourShares = [0, 0.1, 0.2, 0.3, 0.5, 1];

if (!existsSync(join(data, 'scenes'))) {
  console.error(`No photos under ${data}: name the folder that holds scenes/, faces/ and lfw/ with --data.`);
  process.exit(2);
}

const never = new AbortController().signal;
const { modelsDir } = loadConfig({ env: readEnvironment(), cwd: packageRoot() });
const models = openModelStore({ modelsDir });
await models.pull();
const faces = await createFaceEngine({ models });
const packs = { installed: async () => undefined, load: async () => new Uint8Array() };
const engine = await openVisualEngine({ models, packs, faces });
/** The same without covering faces: what covering them is good for. */
const uncovered = await openVisualEngine({
  models,
  packs,
  faces: { detectIn: async ({ width, height }) => ({ width, height, faces: [] }) },
});
const bars = createBars();

const groups = JSON.parse(readFileSync(join(packageRoot(), 'evals', 'similar', 'groups.json'), 'utf8')) as Record<
  string,
  readonly string[]
>;
const kindOf = new Map(Object.entries(groups).flatMap(([kind, files]) => files.map((file) => [file, kind] as const)));
const photos = ['scenes', 'faces']
  .flatMap((folder) =>
    readdirSync(join(data, folder))
      .filter((file) => /\.(jpe?g|png)$/i.test(file))
      .sort()
      .map((file) => `${folder}/${file}`),
  )
  .slice(0, Number(values.photos));

const originals: VisualFeature[] = [];
const changed: Record<string, VisualFeature[]> = Object.fromEntries(Object.keys(variants).map((name) => [name, []]));
const onPhoto = bars.start(`${photos.length} photos in ${Object.keys(variants).length + 1} forms`);
let lookedMs = 0;
for (const [done, photo] of photos.entries()) {
  const bytes = await ordinary(join(data, photo));
  const startedMs = performance.now();
  originals.push(await engine.visualFeature({ bytes }, never));
  lookedMs += performance.now() - startedMs;
  for (const [name, change] of Object.entries(variants)) {
    changed[name]?.push(await engine.visualFeature({ bytes: await change(bytes) }, never));
  }
  onPhoto(done + 1, photos.length);
}

const all = [...photos.keys()];
const kind = (place: number): string | undefined => kindOf.get(photos[place] ?? '');
const featureOf = (place: number): VisualFeature => originals[place] as VisualFeature;
const scoreBy = (share?: number) => (a: number, b: number) => fusedScore(featureOf(a), featureOf(b), share);

/** The same photo in another form, among all photos. */
const againBy = (form: string, share?: number): Retrieval =>
  retrieval(
    all,
    () => all,
    (query, other) => fusedScore(changed[form]?.[query] as VisualFeature, featureOf(other), share),
    (query, other) => query === other,
  );
/** Another photo of the same kind, by hand. */
const kindBy = (share?: number): Retrieval =>
  retrieval(
    all.filter((place) => kind(place) !== undefined && all.some((b) => b !== place && kind(b) === kind(place))),
    (query) => all.filter((place) => place !== query),
    scoreBy(share),
    (query, other) => kind(query) === kind(other),
  );
const meanOf = (found: readonly Retrieval[]): Retrieval => ({
  queries: found.reduce((sum, { queries }) => sum + queries, 0),
  recallAt1: mean(found.map(({ recallAt1 }) => recallAt1)),
  recallAt5: mean(found.map(({ recallAt5 }) => recallAt5)),
  meanRank: mean(found.map(({ meanRank }) => meanRank)),
});

const different = all.flatMap((a) =>
  all.flatMap((b) =>
    a < b && (kind(a) === undefined || kind(a) !== kind(b)) && bothScenesOrFaces(a, b) ? [scoreBy()(a, b)] : [],
  ),
);
const same = Object.values(changed).flatMap((features) =>
  features.map((feature, place) => fusedScore(feature, featureOf(place))),
);
const persons = hasLfw(join(data, 'lfw')) ? await measurePersons() : undefined;
bars.stop();
await Promise.all([engine.close(), uncovered.close(), faces.close()]);

const report = {
  photos: photos.length,
  msPerPhoto: lookedMs / photos.length,
  again: Object.fromEntries(Object.keys(variants).map((form) => [form, againBy(form)])),
  againInAll: meanOf(Object.keys(variants).map((form) => againBy(form))),
  sameKind: kindBy(),
  byColourShare: colourShares.map((share) => ({
    share,
    again: meanOf(Object.keys(variants).map((form) => againBy(form, share))),
    sameKind: kindBy(share),
  })),
  differentPairs: different.length,
  scores: Object.fromEntries(
    [0.5, 0.9, 0.99, 0.999].map((share) => [`different ${share}`, quantile(different, share)] as const),
  ),
  sameScores: Object.fromEntries([0.05, 0.25, 0.5].map((share) => [`same ${share}`, quantile(same, share)] as const)),
  bySimilarity: [50, 75, 90].map((similarity) => ({
    similarity,
    ofDifferent: different.filter((score) => onScale(score) >= similarity).length / different.length,
    ofSame: same.filter((score) => onScale(score) >= similarity).length / same.length,
  })),
  ...(persons && { persons }),
};
const file = join(packageRoot(), 'build', 'eval-similar.json');
writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
console.log(values.json ? JSON.stringify(report, null, 2) : `${text()}\n\nAs JSON: ${file}`);

/** Pairs of a scene and a portrait are too easy to say what a similarity means. */
function bothScenesOrFaces(a: number, b: number): boolean {
  return photos[a]?.split('/')[0] === photos[b]?.split('/')[0];
}

/** Whether two photos of a person are nearer than photos of two: press photos, whose surroundings recur. */
async function measurePersons() {
  const lfw = readLfw(join(data, 'lfw'));
  const byPerson = new Map<number, string[]>();
  for (const { person, path } of lfw.images) byPerson.set(person, [...(byPerson.get(person) ?? []), path]);
  const chosen = [...byPerson]
    .filter(([, paths]) => paths.length > 1)
    .slice(0, Number(values.people))
    .flatMap(([person, paths]) => paths.slice(0, 2).map((path) => ({ person, path })));
  const onImage = bars.start(`${chosen.length} press photos`);
  const looks: { covered: VisualFeature; plain: VisualFeature }[] = [];
  for (const [done, { path }] of chosen.entries()) {
    const bytes = readFileSync(path);
    looks.push({
      covered: await engine.visualFeature({ bytes }, never),
      plain: await uncovered.visualFeature({ bytes }, never),
    });
    onImage(done + 1, chosen.length);
  }
  const measured = (which: 'covered' | 'plain') => {
    const score = (a: number, b: number): number =>
      fusedScore(looks[a]?.[which] as VisualFeature, looks[b]?.[which] as VisualFeature);
    const places = [...chosen.keys()];
    const isSame = (a: number, b: number): boolean => chosen[a]?.person === chosen[b]?.person;
    const pairs = places.flatMap((a) => places.flatMap((b) => (a < b ? [[a, b] as const] : [])));
    return {
      ...retrieval(places, (query) => places.filter((place) => place !== query), score, isSame),
      areaUnderCurve: areaUnderCurve(
        pairs.flatMap(([a, b]) => (isSame(a, b) ? [score(a, b)] : [])),
        pairs.flatMap(([a, b]) => (isSame(a, b) ? [] : [score(a, b)])),
      ),
    };
  };
  return { chance: 1 / (chosen.length - 1), covered: measured('covered'), plain: measured('plain') };
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
}

function text(): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)}%`.padStart(7);
  const row = (name: string, { recallAt1, recallAt5, meanRank }: Retrieval) =>
    `${name.padEnd(34)} ${percent(recallAt1)} ${percent(recallAt5)} ${meanRank.toFixed(2).padStart(9)}`;
  return [
    `${photos.length} photos, ${report.msPerPhoto.toFixed(0)} ms each to look at`,
    `${'the same photo'.padEnd(34)}   first  of five  mean rank`,
    ...Object.entries(report.again).map(([form, found]) => row(`  ${form}`, found)),
    row('  in all', report.againInAll),
    row(`same kind, by hand (${report.sameKind.queries} photos)`, report.sameKind),
    '',
    'by share of colours: the same photo first, the same kind first and among five',
    ...report.byColourShare.map(
      ({ share, again, sameKind }) =>
        `  ${share.toFixed(1)} ${percent(again.recallAt1)} ${percent(sameKind.recallAt1)} ${percent(sameKind.recallAt5)}`,
    ),
    '',
    `scores of ${report.differentPairs} pairs of different photos: ${Object.entries(report.scores)
      .map(([name, score]) => `${name.split(' ')[1]}: ${score.toFixed(3)}`)
      .join(', ')}; of the same photo in other forms: ${Object.entries(report.sameScores)
      .map(([name, score]) => `${name.split(' ')[1]}: ${score.toFixed(3)}`)
      .join(', ')}`,
    ...report.bySimilarity.map(
      ({ similarity, ofDifferent, ofSame }) =>
        `similarity ${similarity} and more: ${percent(ofDifferent)} of different photos, ${percent(ofSame)} of the same in other forms`,
    ),
    ...(persons
      ? [
          '',
          `two photos of one person (chance ${percent(persons.chance)} first, 0.5 area under the curve)`,
          `  faces covered, as it is: ${percent(persons.covered.recallAt1)} first, ${persons.covered.areaUnderCurve.toFixed(3)}`,
          `  faces left in: ${percent(persons.plain.recallAt1)} first, ${persons.plain.areaUnderCurve.toFixed(3)}`,
        ]
      : []),
  ].join('\n');
}
