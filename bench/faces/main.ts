import { writeFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { loadConfig, readEnvironment } from '../../src/config/index.ts';
import { openModelStore } from '../../src/vision/models/index.ts';
import { describeMachine } from '../shared/machine.ts';
import { measureNets, netSteps } from '../shared/nets/measure.ts';
import { atLeastOne } from '../shared/option-values.ts';
import { ensurePeers } from '../shared/peers/install.ts';
import { openProgress } from '../shared/progress.ts';
import { type Budget, budgetSteps, describeBudgets, measureBudgets } from './measure-budget.ts';
import { measurePipelines, measureScaling, pipelineSteps } from './measure-pipelines.ts';
import { measureSearch, measureSteps } from './measure-steps.ts';
import { netCases, netsTogether } from './nets.ts';
import { choosePhotos } from './photos.ts';
import { describeBench, type FaceBench, judge } from './report.ts';

interface Options {
  readonly quick?: boolean;
  readonly rounds?: number;
  readonly photos?: number;
  readonly only?: 'budget';
  readonly json?: string;
}

const WORKERS = 2;
const SEARCHED = [10_000, 100_000];

const options = new Command()
  .name('bench:faces')
  .description(
    'Measures the face pipeline beside @vladmandic/face-api and @vladmandic/human on tfjs-wasm, which are installed into build/peers.',
  )
  .option('--quick', 'few rounds on few photos: a first look, not a measurement')
  .option('--rounds <n>', 'rounds over the photos (default: 3, quick: 1); nets get 10 times as many', atLeastOne)
  .option('--photos <n>', 'photos of each set of ../shared/data (default: 60, quick: 4)', atLeastOne)
  .addOption(new Option('--only <part>', 'measure this part alone').choices(['budget']))
  .option('--json <path>', 'also write all figures to this file')
  .parse()
  .opts<Options>();

const quick = options.quick ?? false;
const rounds = options.rounds ?? (quick ? 1 : 3);
const netRounds = quick ? 3 : rounds * 10;
const { modelsDir } = loadConfig({ env: readEnvironment(), cwd: process.cwd() });
await openModelStore({ modelsDir }).pull();
const budgetRounds = quick ? 5 : 20;
if (options.only === 'budget') {
  const progress = openProgress(budgetSteps, 'starting');
  const machine = describeMachine();
  const budgets: readonly Budget[] = await measureBudgets(modelsDir, budgetRounds, progress);
  progress.stop();
  if (options.json) writeFileSync(options.json, `${JSON.stringify({ machine, budgets }, null, 2)}\n`);
  process.stdout.write(
    `${machine.cpu}, ${machine.cores} cores; load ${machine.load.toFixed(1)}\n\n${describeBudgets(budgets)}\n`,
  );
} else {
  await ensurePeers((line) => console.error(line));
  const sets = await choosePhotos(modelsDir, options.photos ?? (quick ? 4 : 60));
  const samples = sets[0]?.paths ?? [];
  const cases = netCases.filter(({ isLong }) => !(quick && isLong));
  const steps = netSteps(netRounds, cases) + 2 * pipelineSteps(sets, rounds) + rounds + SEARCHED.length + budgetSteps;
  const progress = openProgress(steps, 'starting');
  const bench: FaceBench = {
    machine: describeMachine(),
    rounds,
    nets: await measureNets(modelsDir, { cases, together: netsTogether }, netRounds, progress),
    pipelines: await measurePipelines(modelsDir, sets, rounds, progress),
    scaling: await measureScaling(modelsDir, samples, WORKERS, rounds, progress),
    steps: await measureSteps(modelsDir, sets, rounds, progress),
    search: await measureSearch(SEARCHED, quick ? 5 : 30, progress),
    budgets: await measureBudgets(modelsDir, budgetRounds, progress),
  };
  progress.stop();
  const targets = judge(bench);
  if (options.json) writeFileSync(options.json, `${JSON.stringify({ ...bench, targets }, null, 2)}\n`);
  process.stdout.write(describeBench(bench, targets));
}
