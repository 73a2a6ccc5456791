import { describe, expect, it } from 'vitest';
import { createAdmission } from './admission.ts';

const patient = new AbortController().signal;
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('admission', () => {
  it('lets requests run in the order they came', async () => {
    const admission = createAdmission({ maxRunning: 1, maxWaiting: 2 });
    const order: string[] = [];
    const enter = (name: string) => {
      const ticket = admission.enter();
      void ticket.start(patient).then(() => order.push(name));
      return ticket;
    };
    const first = enter('first');
    const second = enter('second');
    enter('third');
    await settled();
    expect(order).toEqual(['first']);
    expect([admission.running(), admission.waiting()]).toEqual([1, 2]);
    first.leave();
    await settled();
    second.leave();
    await settled();
    expect(order).toEqual(['first', 'second', 'third']);
    expect([admission.running(), admission.waiting()]).toEqual([1, 0]);
  });

  it('refuses what exceeds those that run and wait', () => {
    const admission = createAdmission({ maxRunning: 1, maxWaiting: 1 });
    const first = admission.enter();
    admission.enter();
    expect(() => admission.enter()).toThrow(/^Slow down/);
    expect(() => admission.refuseIfFull()).toThrow(/^Slow down/);
    first.leave();
    expect(() => admission.enter()).not.toThrow();
  });

  it('lets one that waits give up, and hands its turn to the next', async () => {
    const admission = createAdmission({ maxRunning: 1, maxWaiting: 2 });
    const running = admission.enter();
    await running.start(patient);
    const impatient = new AbortController();
    const givesUp = admission.enter();
    const waits = givesUp.start(impatient.signal);
    const next = admission.enter();
    const turn = next.start(patient);
    impatient.abort(new RangeError('enough'));
    await expect(waits).rejects.toThrow('enough');
    givesUp.leave();
    running.leave();
    await turn;
    expect([admission.running(), admission.waiting()]).toEqual([1, 0]);
  });

  it('counts a place that is given back twice once', async () => {
    const admission = createAdmission({ maxRunning: 1, maxWaiting: 0 });
    const ticket = admission.enter();
    await ticket.start(patient);
    ticket.leave();
    ticket.leave();
    expect([admission.running(), admission.waiting()]).toEqual([0, 0]);
    await admission.enter().start(patient);
    expect(() => admission.enter()).toThrow();
  });
});
