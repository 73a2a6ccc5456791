/**
 * Measures reading text: rendered signs turned by up to 40 degrees, pictures with a truth, accented Latin letters, and
 * the time of a page of 40 lines over two workers.
 *
 * Run: `npm run eval:text -- [--data FOLDER] [--images 100] [--seed 1] [--only rendered|pictures|accented|page] [--json]`
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { loadConfig, readEnvironment } from '../../src/config/index.ts';
import { defaultImageLimits } from '../../src/media/index.ts';
import { packageRoot } from '../../src/shared/package-root.ts';
import { createTextReader, type ReadLine } from '../../src/vision/index.ts';
import { openModelStore } from '../../src/vision/models/index.ts';
import { createTextEngine } from '../../src/vision/text/text-engine.ts';
import { openVisionPool } from '../../src/vision/workers/index.ts';
import { createBars } from '../progress.ts';
import { accentedLetters, accentedSentences, renderSentence } from './accented.ts';
import { renderPage } from './page.ts';
import { renderedFonts, renderTexts } from './rendered.ts';
import { addScores, scoreWords, type WordScore } from './score.ts';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: join(packageRoot(), '..', 'shared', 'data') },
    images: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const wanted = (part: string): boolean => values.only === undefined || values.only === part;
const { modelsDir } = loadConfig({ env: readEnvironment(), cwd: packageRoot() });
const models = openModelStore({ modelsDir });
await models.pull(['ppocr-detection', 'ppocr-direction', 'ppocr-recognition']);
const engine = await createTextEngine({ models, limits: { ...defaultImageLimits, minSide: 1 } });
const reader = createTextReader(engine, 1);
const bars = createBars();
const never = new AbortController().signal;
/** What an answer of DetectText would tell by default. */
const leastConfidence = 80;

/** Everything that was read, whatever its confidence. */
const allWordsOf = (lines: readonly ReadLine[]): readonly string[] =>
  lines.flatMap(({ words }) => words.map(({ text }) => text));
const wordsOf = (lines: readonly ReadLine[]): readonly string[] =>
  lines.flatMap(({ words }) => words.filter(({ confidence }) => confidence >= leastConfidence).map(({ text }) => text));
const percent = (part: number, whole: number): string => (whole === 0 ? '-' : `${((100 * part) / whole).toFixed(1)} %`);
const rates = ({ true: all, read: told, right }: WordScore): string =>
  `recall ${percent(right, all)} (${right} of ${all}), precision ${percent(right, told)} (${right} of ${told})`;
const report: Record<string, unknown> = {};

if (wanted('rendered')) {
  const count = Number(values.images);
  const bar = bars.start('Rendered signs');
  const scores: WordScore[] = [];
  const told: WordScore[] = [];
  const failures: string[] = [];
  for await (const picture of renderTexts(count, Number(values.seed))) {
    const truth = picture.lines.flat();
    const lines = await reader.read({ bytes: picture.bytes }, {}, never);
    const score = scoreWords(truth, allWordsOf(lines));
    scores.push(score);
    told.push(scoreWords(truth, wordsOf(lines)));
    if (score.right < score.true) {
      failures.push(
        `  ${picture.degrees.toFixed(0)} degrees, ${picture.font} ${picture.fontPixels} px: missed ${score.missed.join(' ')}; read ${score.wrong.join(' ') || 'nothing'}`,
      );
    }
    bar(scores.length, count);
  }
  bars.stop();
  const whole = count - failures.length;
  report.rendered = {
    seed: Number(values.seed),
    images: count,
    whole,
    words: addScores(scores),
    told: addScores(told),
    fonts: renderedFonts,
  };
  console.log(`Rendered signs, seed ${values.seed}, -40 to 40 degrees (${renderedFonts.join(', ')}):`);
  console.log(`  every word right in ${whole} of ${count} images (aim: 98 of 100); ${rates(addScores(scores))}`);
  for (const failure of failures) console.log(failure);
  const wholeTold = told.filter((score) => score.right === score.true).length;
  console.log(
    `  with MinConfidence ${leastConfidence}, the default: every word told in ${wholeTold} of ${count}; ${rates(addScores(told))}`,
  );
}

if (wanted('pictures')) {
  const folder = join(resolve(values.data), 'text');
  if (!existsSync(folder)) console.log(`Pictures: ${folder} is absent; skipped.`);
  else {
    const truth = JSON.parse(readFileSync(join(packageRoot(), 'evals', 'text', 'truth.json'), 'utf8')) as {
      pictures: Record<string, readonly string[]>;
    };
    const scores = new Map<string, WordScore>();
    const latin: WordScore[] = [];
    const told: WordScore[] = [];
    const bar = bars.start('Pictures');
    for (const [name, lines] of Object.entries(truth.pictures)) {
      const words = lines.flatMap((line) => line.split(' '));
      const seen = await reader.read({ bytes: readFileSync(join(folder, name)) }, {}, never);
      const got = allWordsOf(seen);
      told.push(scoreWords(words, wordsOf(seen)));
      scores.set(name, scoreWords(words, got));
      latin.push(scoreWords(words.filter(isLatin), got.filter(isLatin)));
      bar(scores.size, Object.keys(truth.pictures).length);
    }
    bars.stop();
    report.pictures = { all: addScores([...scores.values()]), latin: addScores(latin), told: addScores(told) };
    console.log(`Pictures of ${folder}, words between spaces, exactly:`);
    for (const [name, score] of scores) {
      const differ = [...score.missed.map((word) => `-${word}`), ...score.wrong.map((word) => `+${word}`)];
      console.log(`  ${name}: ${score.right} of ${score.true} ${differ.join(' ')}`);
    }
    console.log(`  all: ${rates(addScores([...scores.values()]))}`);
    console.log(`  words of Latin letters, digits and signs alone: ${rates(addScores(latin))}`);
    console.log(`  all, with MinConfidence ${leastConfidence}, the default: ${rates(addScores(told))}`);
  }
}

if (wanted('accented')) {
  const known = new Set(
    new TextDecoder()
      .decode(await models.loadCompanion('ppocr-recognition', 'assets/ppocr_keys_v1.txt'))
      .split(/\r?\n/),
  );
  console.log('Accented Latin, plain print of 40 px in DejaVu Sans and DejaVu Serif:');
  const rows: unknown[] = [];
  const bar = bars.start('Accented Latin');
  const said: string[] = [];
  for (const { language, words } of accentedSentences) {
    const scores: WordScore[] = [];
    for (const font of ['DejaVu Sans', 'DejaVu Serif'])
      scores.push(
        scoreWords(words, allWordsOf(await reader.read({ bytes: await renderSentence(words, font) }, {}, never))),
      );
    const score = addScores(scores);
    const plain = addScores(
      scores.map(({ missed }) =>
        scoreWords(
          words.filter(isPlain),
          words.filter((word) => isPlain(word) && !missed.includes(word)),
        ),
      ),
    );
    const letters = accentedLetters(words);
    const unknown = letters.filter((letter) => !known.has(letter));
    rows.push({ language, score, unknown });
    said.push(
      `  ${language}: ${score.right} of ${score.true} words (without accents ${plain.right} of ${plain.true}); not in the dictionary: ${unknown.join(' ') || 'none'}`,
    );
    bar(rows.length, accentedSentences.length);
  }
  bars.stop();
  console.log(said.join('\n'));
  report.accented = rows;
}

await engine.close();

if (wanted('page')) {
  const { bytes, lines } = await renderPage(40, 1);
  const pool = openVisionPool({
    entry: join(packageRoot(), 'dist', 'vision', 'workers', 'worker.js'),
    settings: { modelsDir },
    workers: 2,
    queueLimit: 100,
    taskTimeoutMs: 120_000,
    workerMemoryBytes: 2 ** 31,
  });
  await pool.ready();
  const parallel = createTextReader(pool, 2);
  const times: number[] = [];
  const busy: number[] = [];
  let found: readonly ReadLine[] = [];
  const bar = bars.start('A page of 40 lines');
  const runs = 6;
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    const worked = workedSeconds(pool.pids());
    found = await parallel.read({ bytes }, {}, never);
    // The first opens the nets.
    if (run > 0) times.push(performance.now() - start);
    if (run > 0) busy.push(workedSeconds(pool.pids()) - worked);
    bar(run + 1, runs);
  }
  bars.stop();
  await pool.close();
  const right = lines.filter((line) => found.some(({ text }) => text === line)).length;
  times.sort((a, b) => a - b);
  busy.sort((a, b) => a - b);
  report.page = { times, busy, lines: lines.length, right, words: found.flatMap(({ words }) => words).length };
  console.log(
    `A page of 40 lines (${found.flatMap(({ words }) => words).length} words, no limit of words) over 2 workers: ` +
      `best ${((times[0] ?? 0) / 1000).toFixed(2)} s, median ${((times[times.length >> 1] ?? 0) / 1000).toFixed(2)} s ` +
      `(aim: 2 s on two free cores; ${cpus().length} cores here, load ${loadavg()[0]?.toFixed(1)}); ` +
      `processor time of both workers ${busy[0]?.toFixed(2)} s at best; lines wholly right: ${right} of ${lines.length}`,
  );
}

if (values.json) {
  const file = join(packageRoot(), 'build', 'eval-text.json');
  writeFileSync(file, `${JSON.stringify(report, undefined, 1)}\n`);
  console.log(`written to ${file}`);
}

/** Processor time that processes have taken, seconds, where Linux tells it: what a busy machine would not stretch. */
function workedSeconds(pids: readonly number[]): number {
  const ticksPerSecond = 100;
  return pids.reduce((sum, pid) => {
    const file = `/proc/${pid}/stat`;
    if (!existsSync(file)) return Number.NaN;
    const fields = readFileSync(file, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return sum + (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  }, 0);
}

function isPlain(word: string): boolean {
  return /^[\p{ASCII}]+$/u.test(word);
}

function isLatin(word: string): boolean {
  return /^[\p{Script=Latin}\p{N}\p{P}\p{S}]+$/u.test(word);
}
