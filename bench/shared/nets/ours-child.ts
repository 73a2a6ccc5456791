import { openModelStore } from '../../../src/vision/models/index.ts';
import { type Net, openNet } from '../../../src/vision/sessions/net.ts';
import { serveChild } from '../child.ts';
import { describeMachine } from '../machine.ts';
import { seededRandom } from '../stats.ts';
import { inputOf, type NetAnswer, type NetQuestion } from './net-case.ts';

const nets = new Map<string, Net>();

serveChild<NetQuestion, NetAnswer>(async (question) => {
  const runtime = `onnxruntime-node ${describeMachine().onnxruntime}, 1 thread`;
  if (question.kind === 'open') {
    const store = openModelStore({ modelsDir: question.modelsDir });
    for (const id of question.models) {
      nets.set(id, await openNet((await store.load(id)).bytes));
    }
    return { ms: [], runtime };
  }
  const net = nets.get(question.case.model);
  if (net === undefined) throw new Error(`${question.case.model} was not opened`);
  const input = inputOf(question.case, seededRandom(1));
  const ms: number[] = [];
  for (let i = 0; i < question.times; i++) {
    const start = performance.now();
    await net.run(input, question.case.shape);
    ms.push(performance.now() - start);
  }
  return { ms, runtime };
});
