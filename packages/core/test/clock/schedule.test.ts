import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { rateOf } from '../../src/clock/rate.ts';
import { phases, StepSchedule, stepOrderOf } from '../../src/clock/schedule.ts';
import { Timeline } from '../../src/clock/timeline.ts';

const hertz = fc.constantFrom(1, 3, 7, 50, 59.94, 100, 44_100 / 1024, 1000);
const someHertz = fc.array(hertz, { minLength: 1, maxLength: 5 });

interface Seen {
  readonly timeNs: number;
  readonly step: number;
  readonly due: readonly (readonly [runner: number, index: number])[];
}

function see(schedule: StepSchedule): Seen {
  const due = schedule.runners.flatMap(({ isDue, index }, runner) =>
    isDue ? [[runner, index] as const] : [],
  );
  return { timeNs: schedule.timeNs, step: schedule.step, due };
}

function walk(schedule: StepSchedule, steps: number): readonly Seen[] {
  return Array.from({ length: steps }, () => {
    expect(schedule.next()).toBe(true);
    return see(schedule);
  });
}

/** The same walk, the long way round: every tick of every runner, grouped by instant. */
function union(rates: readonly number[], steps: number): readonly Seen[] {
  const byTime = new Map<number, [number, number][]>();
  rates.forEach((hz, runner) => {
    const timeline = new Timeline(rateOf(hz));
    for (let i = 0; i < steps; i++) {
      byTime.set(timeline.dueNs, [...(byTime.get(timeline.dueNs) ?? []), [runner, timeline.index]]);
      timeline.advance();
    }
  });
  return [...byTime]
    .sort(([a], [b]) => a - b)
    .slice(0, steps)
    .map(([timeNs, due], step) => ({ timeNs, step, due }));
}

describe('a schedule of steps', () => {
  test('is the union of the ticks of all runners', () => {
    fc.assert(
      fc.property(someHertz, fc.integer({ min: 1, max: 80 }), (rates, steps) => {
        expect(walk(new StepSchedule(rates.map(rateOf)), steps)).toEqual(union(rates, steps));
      }),
    );
  });

  test('has no step without a runner', () => {
    const schedule = new StepSchedule([]);
    expect(schedule.next()).toBe(false);
    expect(schedule.nextNs).toBe(Infinity);
  });

  test('a jump goes where walking goes', () => {
    fc.assert(
      fc.property(someHertz, fc.integer({ min: 0, max: 5e9 }), (rates, timeNs) => {
        const jumped = new StepSchedule(rates.map(rateOf));
        jumped.jump(timeNs);
        const walked = new StepSchedule(rates.map(rateOf));
        while (walked.nextNs <= timeNs) walked.next();
        expect(jumped.nextNs).toBe(walked.nextNs);
        const indices = ({ runners }: StepSchedule): number[] => runners.map(({ index }) => index);
        expect(indices(jumped)).toEqual(indices(walked));
        jumped.jump(timeNs, walked.step);
        expect(walk(jumped, 20)).toEqual(walk(walked, 20));
      }),
    );
  });

  test('changes of rates at given steps give the same walk every time', () => {
    const changes = fc.array(
      fc.record({
        after: fc.integer({ min: 0, max: 30 }),
        runner: fc.nat(4),
        hz: hertz,
        isFork: fc.boolean(),
      }),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(someHertz, changes, (rates, list) => {
        const play = (): readonly Seen[] => {
          const schedule = new StepSchedule(rates.map(rateOf));
          return list.flatMap(({ after, runner, hz, isFork }) => {
            const seen = walk(schedule, after);
            const target = runner % schedule.runners.length;
            if (isFork) schedule.fork(target, rateOf(hz));
            else schedule.setRate(target, rateOf(hz));
            return seen;
          });
        };
        expect(play()).toEqual(play());
      }),
    );
  });

  test('a changed rate begins at the boundary, and its ticks go on counting', () => {
    fc.assert(
      fc.property(someHertz, fc.integer({ min: 1, max: 60 }), hertz, fc.nat(4), (rates, steps, hz, at) => {
        const schedule = new StepSchedule(rates.map(rateOf));
        walk(schedule, steps);
        const runner = at % rates.length;
        const others = (): unknown =>
          schedule.runners.toSpliced(runner, 1).map(({ index, next }) => [index, next.dueNs]);
        const before = others();
        let index = schedule.runners[runner]?.index as number;
        const boundaryNs = schedule.timeNs;
        schedule.setRate(runner, rateOf(hz));
        expect(others()).toEqual(before);
        const expected = new Timeline(rateOf(hz), boundaryNs);
        for (let i = 0; i < 20; i++) {
          expected.advance();
          index++;
          do schedule.next();
          while (schedule.runners[runner]?.isDue === false);
          expect(schedule.timeNs).toBe(expected.dueNs);
          expect(schedule.runners[runner]?.index).toBe(index);
        }
      }),
    );
  });

  test('a rate that is set before the first step holds from tick 0 on', () => {
    const schedule = new StepSchedule([rateOf(50)]);
    schedule.setRate(0, rateOf(1000));
    expect(schedule.fork(0, rateOf(250))).toBe(1);
    expect(walk(schedule, 5).map(({ timeNs, due }) => [timeNs, due])).toEqual([
      [
        0,
        [
          [0, 0],
          [1, 0],
        ],
      ],
      [1e6, [[0, 1]]],
      [2e6, [[0, 2]]],
      [3e6, [[0, 3]]],
      [
        4e6,
        [
          [0, 4],
          [1, 1],
        ],
      ],
    ]);
  });

  test('a fork goes on counting where its runner is', () => {
    const schedule = new StepSchedule([rateOf(10)]);
    walk(schedule, 6);
    const fork = schedule.fork(0, rateOf(20));
    expect(schedule.runners[fork]?.index).toBe(5);
    expect(walk(schedule, 2)).toEqual([
      { timeNs: 550_000_000, step: 6, due: [[1, 6]] },
      {
        timeNs: 600_000_000,
        step: 7,
        due: [
          [0, 6],
          [1, 7],
        ],
      },
    ]);
  });
});

test('the order of a step: phase, priority, registration', () => {
  const row = fc.record({
    phase: fc.constantFrom(...phases),
    priority: fc.integer({ min: -2, max: 2 }),
    runner: fc.nat(3),
  });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 30 }), fc.infiniteStream(fc.nat()), (rows, keys) => {
      const ticks = rows.map((each, actor) => ({ ...each, actor }));
      const order = stepOrderOf(ticks);
      expect(new Set(order)).toEqual(new Set(ticks));
      for (const [i, after] of order.slice(1).entries()) {
        const before = order[i] as (typeof order)[number];
        const rank = (tick: typeof before): number[] => [
          phases.indexOf(tick.phase),
          tick.priority,
          tick.actor,
        ];
        const at = rank(before).findIndex((value, k) => value !== rank(after)[k]);
        expect(rank(before)[at]).toBeLessThan(rank(after)[at] as number);
      }
      // However they come.
      const shuffled = ticks.map((tick) => [keys.next().value, tick] as const).sort(([a], [b]) => a - b);
      expect(stepOrderOf(shuffled.map(([, tick]) => tick))).toEqual(order);
    }),
  );
});
