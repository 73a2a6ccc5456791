import { Presets, SingleBar } from 'cli-progress';

/** Draws one bar after another on standard error; without a terminal it says what begins and a line for every tenth. */
export interface Bars {
  /** Starts a task and returns the function that says how far it is. */
  start(label: string): (done: number, total: number) => void;
  /** Ends the last task. */
  stop(): void;
}

/** Makes the bars of an evaluation. */
export function createBars(stream: NodeJS.WriteStream = process.stderr): Bars {
  let bar: SingleBar | undefined;
  const stop = (): void => {
    bar?.stop();
    bar = undefined;
  };
  const drawn = (label: string): ((done: number, total: number) => void) => {
    const current = new SingleBar(
      { format: `${label.padEnd(34)} {bar} {percentage}% | {value} of {total} | {eta_formatted} left`, stream },
      Presets.shades_classic,
    );
    bar = current;
    let started = false;
    return (done, total) => {
      if (!started) current.start(total, 0);
      started = true;
      current.update(done);
    };
  };
  const written = (label: string): ((done: number, total: number) => void) => {
    stream.write(`${label}\n`);
    let tenths = 0;
    return (done, total) => {
      const now = Math.floor((10 * done) / total);
      if (now > tenths) stream.write(`${label}: ${done} of ${total}\n`);
      tenths = now;
    };
  };
  return {
    start(label) {
      stop();
      return stream.isTTY ? drawn(label) : written(label);
    },
    stop,
  };
}
