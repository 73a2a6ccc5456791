import { expect, it } from 'vitest';
import { createAttempts } from './attempts.ts';

function attemptsAt(startMs = 0, bounds: { perAddress?: number; overAll?: number } = {}) {
  let nowMs = startMs;
  const attempts = createAttempts({ clock: () => nowMs, windowMs: 1_000, perAddress: 3, overAll: 5, ...bounds });
  return { attempts, pass: (ms: number) => (nowMs += ms) };
}

it('lets an address fail a few times, and again when the window has passed', () => {
  const { attempts, pass } = attemptsAt();
  for (let i = 0; i < 3; i++) {
    expect(attempts.allowed('a')).toBe(true);
    attempts.failed('a');
  }
  expect(attempts.allowed('a')).toBe(false);
  expect(attempts.allowed('b')).toBe(true);
  pass(1_000);
  expect(attempts.allowed('a')).toBe(true);
});

it('bounds the failures of all addresses together', () => {
  const { attempts } = attemptsAt();
  for (let i = 0; i < 5; i++) attempts.failed(`address ${i}`);
  expect(attempts.allowed('another')).toBe(false);
});

it('is not opened by a clock that is set back', () => {
  const { attempts, pass } = attemptsAt(10_000);
  for (let i = 0; i < 3; i++) attempts.failed('a');
  pass(-5_000);
  expect(attempts.allowed('a')).toBe(false);
});

it('forgets the oldest addresses, never the bound over all', () => {
  const { attempts } = attemptsAt(0, { overAll: 20_000 });
  for (let i = 0; i < 3; i++) attempts.failed('first');
  for (let i = 0; i < 11_000; i++) attempts.failed(`address ${i}`);
  expect(attempts.allowed('first')).toBe(true);
  for (let i = 0; i < 9_000; i++) attempts.failed(`more ${i}`);
  expect(attempts.allowed('anyone')).toBe(false);
});
