import { describe, expect, test } from 'vitest';
import { assign, setup } from 'xstate';
import type { AnyStateMachine } from 'xstate';
import { defaultModes, readMachine } from '../../src/plan/machine.ts';
import { Problems } from '../../src/plan/problems.ts';
import { modeMachine } from '../../src/modes/machine.ts';
import { rulesOf } from '../../src/modes/rules.ts';
import type { Ask, Refusal, Stand } from '../../src/modes/rules.ts';

const modes = ['idle', 'recording', 'training', 'predicting'] as const;

/** Where a row of asks leads from the start; every one must be answered. */
function walk(machine: AnyStateMachine, asks: readonly Ask[]): Stand {
  const rules = rulesOf(machine);
  return asks.reduce((stand, ask) => {
    const next = rules.next(stand, ask);
    if ('rule' in next) throw new Error(`refused by ${next.rule}`);
    return next;
  }, rules.start());
}

const request = (mode: string): Ask => ({ type: 'request', mode });
const end: Ask = { type: 'end' };
const fail: Ask = { type: 'fail', error: new Error('no') };

describe('the default machine', () => {
  const rules = rulesOf(modeMachine);
  const at = (mode: string): Stand =>
    mode === 'idle' ? rules.start() : (rules.next(rules.start(), request(mode)) as Stand);

  test('begins in idle', () => expect(rules.start().mode).toBe('idle'));

  test.each(modes.flatMap((from) => modes.filter((to) => to !== from).map((to) => [from, to] as const)))(
    '%s → %s',
    (from, to) => {
      const rule = { recording: 'recording-ends-first', training: 'training-ends-first' }[from as string];
      const answer = rules.next(at(from), request(to));
      const isEntered = rule === undefined || to === 'idle';
      const refusal = { rule, remedy: expect.stringContaining("'idle'") as string };
      expect(answer).toMatchObject(isEntered ? { mode: to } : refusal);
    },
  );

  test.each(modes.slice(1))('%s ends, and fails, to idle', (mode) => {
    expect(rules.next(at(mode), end)).toMatchObject({ mode: 'idle' });
    expect(rules.next(at(mode), fail)).toMatchObject({ mode: 'idle' });
  });

  test('idle has nothing to end', () => {
    expect(rules.next(at('idle'), end)).toMatchObject({ rule: 'no-transition' });
  });

  test('asking changes nothing in what was asked', () => {
    const training = at('training');
    const before = JSON.stringify(training.snapshot);
    rules.next(training, end);
    rules.next(training, request('predicting'));
    expect(JSON.stringify(training.snapshot)).toBe(before);
  });

  test('what the plan knows of it without loading it is true', () => {
    const problems = new Problems();
    expect(readMachine(problems, modeMachine)).toEqual(defaultModes);
    expect(problems.errors).toEqual([]);
  });
});

describe('another machine', () => {
  const machine = setup({
    types: { context: {} as { runs: number } },
    guards: { isTrained: ({ context }) => context.runs > 0, never: () => false },
  }).createMachine({
    context: { runs: 0 },
    initial: 'rest',
    states: {
      rest: {
        on: {
          'request.training': 'training',
          'request.predicting': { guard: 'isTrained', target: 'predicting' },
          'request.checking': { guard: { type: 'never', params: {} }, target: 'checking' },
          'request.*': { meta: { rule: 'not-from-rest' } },
        },
      },
      training: {
        initial: 'first',
        on: { end: { target: 'rest', actions: assign({ runs: ({ context }) => context.runs + 1 }) } },
        states: { first: { on: { fail: 'second' } }, second: {} },
      },
      predicting: { on: { end: { meta: { rule: 'runs-for-ever' }, description: 'Stop the run.' } } },
      checking: { on: { 'request.rest': 'predicting' } },
      lost: {},
    },
  });
  const rules = rulesOf(machine);
  const refusal = (stand: Stand, ask: Ask): Refusal => rules.next(stand, ask) as Refusal;

  test('modes are its top-level states, whatever lies in them', () => {
    const first = walk(machine, [request('training')]);
    const second = walk(machine, [request('training'), fail]);
    expect([first.mode, second.mode]).toEqual(['training', 'training']);
    expect([first.snapshot.value, second.snapshot.value]).toEqual([
      { training: 'first' },
      { training: 'second' },
    ]);
  });

  test('a guard that does not hold names the rule, until it holds', () => {
    expect(refusal(rules.start(), request('predicting')).rule).toBe('isTrained');
    expect(refusal(rules.start(), request('checking')).rule).toBe('never');
    expect(walk(machine, [request('training'), end, request('predicting')]).mode).toBe('predicting');
  });

  test('so does `meta`, with a wildcard as well', () => {
    expect(refusal(rules.start(), request('lost')).rule).toBe('not-from-rest');
    const predicting = walk(machine, [request('training'), end, request('predicting')]);
    expect(refusal(predicting, end)).toEqual({ rule: 'runs-for-ever', remedy: 'Stop the run.' });
    expect(refusal(predicting, request('rest'))).toEqual({ rule: 'no-transition', remedy: undefined });
  });

  test('a request that leads elsewhere is refused', () => {
    const checking: Stand = {
      mode: 'checking',
      snapshot: machine.resolveState({ value: 'checking', context: { runs: 0 } }),
    };
    expect(refusal(checking, request('rest')).rule).toBe('leads-elsewhere');
  });
});
