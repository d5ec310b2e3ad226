import { describe, expect, it } from 'vitest';
import { InterleavingError } from './engine/explore.ts';
import { load } from './engine/loader.ts';
import { explorerOf } from './explored.ts';

/** What is wrong with a protocol, according to an exhaustive search. */
function wrongWith(name: string, preemptionsMax: number): string {
  try {
    explorerOf('textbook', name).exhaust(preemptionsMax);
    return 'nothing';
  } catch (error) {
    if (!(error instanceof InterleavingError)) throw error;
    return error.message.split('\n')[0] ?? '';
  }
}

describe('the explorer', () => {
  it.each([
    ['lostUpdate', 'an update was lost'],
    ['careless', 'two are inside'],
    ['polite', 'nobody can go on: one (pause), other (pause)'],
    ['flagFirst', 'seen before it was made'],
    ['lostWakeUp', 'nobody can go on: sleeper (wait)'],
    ['halfDone', 'half of it was left'],
    ['tornCopy', 'torn'],
  ])('finds what is wrong with %s, by seeds and by search', (name, message) => {
    expect(explorerOf('textbook', name).hunt(200)?.message).toContain(message);
    expect(wrongWith(name, 2)).toBe(message);
    expect(wrongWith(name, Infinity)).toBe(message);
  });

  it.each(['countedUpdate', 'peterson', 'doubleChecked', 'wakeUp'])('finds nothing wrong with %s', (name) => {
    expect(explorerOf('textbook', name).hunt(200)).toBeUndefined();
    expect([wrongWith(name, 3), wrongWith(name, Infinity)]).toEqual(['nothing', 'nothing']);
  });

  it('counts: orders of two and three steps on one word, of which each is seen once', () => {
    const explorer = explorerOf('textbook', 'counted');
    const counts = [0, 1, 2, 3, 4, Infinity].map((most) => explorer.exhaust(most).interleavings);
    // Only one of the ten, in which they take turns all the time, needs three.
    expect(counts).toEqual([2, 5, 9, 10, 10, 10]);
  });

  it('needs two preemptions for a race that takes two', () => {
    expect([0, 1, 2].map((most) => wrongWith('careless', most))).toEqual([
      'nothing',
      'nothing',
      'two are inside',
    ]);
  });

  it('the same seed is the same execution, whatever was tried before', () => {
    const first = explorerOf('textbook', 'careless').hunt(500);
    expect(first?.seed).toBeGreaterThan(0);
    const again = explorerOf('textbook', 'careless');
    expect(() => again.play(first?.seed ?? 0)).toThrow(first?.message);
    again.exhaust(0);
    expect(() => again.play(first?.seed ?? 0)).toThrow(first?.message);
  });

  it('tells every step, with its place in the sources', () => {
    const { trace = [] } = explorerOf('textbook', 'lostWakeUp').hunt(200) ?? {};
    expect(trace.join('\n')).toMatch(
      /sleeper load 0\[0\] {2}packages\S+textbook\.ts:\d+\n(.*\n)*waker notify 0\[1\]/,
    );
  });

  it('refuses an edit that fits nowhere, or twice', () => {
    const at = new URL('./protocols/doorbell.ts', import.meta.url);
    const module = 'packages/mailbox/src/doorbell.ts';
    expect(() => load(at, [{ module, find: 'no such text', replace: '' }])).toThrow('0 places to edit');
    expect(() => load(at, [{ module, find: 'Atomics', replace: '' }])).toThrow(/\d\d? places to edit/);
    expect(() => load(at, [{ module: 'packages/none.ts', find: 'x', replace: '' }])).toThrow('not loaded');
  });
});
