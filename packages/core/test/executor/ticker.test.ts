import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { rateOf } from '../../src/clock/rate.ts';
import { phases, StepSchedule, stepOrderOf } from '../../src/clock/schedule.ts';
import { Timeline } from '../../src/clock/timeline.ts';
import type { RateChange } from '../../src/drivers/messages.ts';
import type { Ticker } from '../../src/executor/ticker.ts';
import { Ticks } from '../../src/executor/ticks.ts';
import type { ActorPlan, Phase, Plan, ResolvedTick } from '../../src/plan/types.ts';

interface Ticking {
  readonly plan: ActorPlan;
  readonly ticker: Ticker;
}

interface Setting {
  readonly hertz: readonly number[];
  readonly ticks: readonly { runner: number; phase: Phase; priority: number }[];
}

/** Everything that ticks on a thread, of a plan with those runners. */
function thread({ hertz, ticks }: Setting): { readonly ticks: Ticks<Ticking>; readonly actors: Ticking[] } {
  const runners = hertz.map((hz, index) => ({ name: `r${index}`, hz }));
  const stepOrder = stepOrderOf(ticks.map((tick, actor) => ({ actor, ...tick })));
  const clock = new Ticks<Ticking>({ runners, stepOrder } as unknown as Plan);
  const actors = ticks.map((tick, index) => {
    const plan = { index, tick: { ...tick, budgetMs: undefined } as ResolvedTick } as ActorPlan;
    return { plan, ticker: clock.tickerOf(plan) as Ticker };
  });
  clock.take(actors);
  return { ticks: clock, actors };
}

const hertz = fc.array(fc.constantFrom(3, 50, 59.94, 100, 256, 1000), { minLength: 1, maxLength: 4 });
const settings: fc.Arbitrary<Setting> = hertz.chain((rates) => {
  const paced = fc.record({
    runner: fc.nat(rates.length - 1),
    phase: fc.constantFrom<Phase>(...phases.slice(1, -1)),
    priority: fc.integer({ min: -1, max: 1 }),
  });
  const free = fc.record({
    runner: fc.constant(-1),
    phase: fc.constantFrom<Phase>('preAcquisition', 'postExport'),
    priority: fc.integer({ min: -1, max: 1 }),
  });
  const tick = fc.oneof({ arbitrary: paced, weight: 4 }, { arbitrary: free, weight: 1 });
  return fc.record({ hertz: fc.constant(rates), ticks: fc.array(tick, { minLength: 1, maxLength: 6 }) });
});

/** When the thread looks at the clock, and which actors are free then. */
const looks = fc.array(
  fc.record({
    passNs: fc.oneof(fc.integer({ min: 0, max: 3e6 }), fc.integer({ min: 0, max: 2.5e9 })),
    isBusy: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
  }),
  { maxLength: 30 },
);

/** The due times of what an actor ticks with, in order, up to a time. */
function dueTimes({ hertz: rates }: Setting, runner: number, toNs: number): number[] {
  const schedule = new StepSchedule((runner < 0 ? rates : [rates[runner] as number]).map(rateOf));
  const times: number[] = [];
  while (schedule.nextNs <= toNs && schedule.next()) times.push(schedule.timeNs);
  return times;
}

interface Delivery {
  readonly actor: number;
  readonly index: number;
  readonly time: number;
  readonly dt: number;
  readonly dropped: number;
}

/** A tick that is later may be dropped. */
const graceNs = 5e6;

/** Looks, and delivers what waits to the actors that are free. */
function deliver(ticks: Ticks<Ticking>, nowNs: number, isBusy: readonly boolean[]): Delivery[] {
  const delivered: Delivery[] = [];
  if (!ticks.look(nowNs)) return delivered;
  ticks.deliver(({ plan, ticker }) => {
    if (isBusy[plan.index] === true) return false;
    ticker.open();
    const { index, time, dt, dropped } = ticker;
    delivered.push({ actor: plan.index, index, time, dt, dropped });
    ticker.close();
    return true;
  });
  return delivered;
}

describe('the ticks of a thread', () => {
  test('every due time counts once: delivered or dropped', () => {
    fc.assert(
      fc.property(settings, fc.integer({ min: 0, max: 1e9 }), looks, (setting, startNs, steps) => {
        const { ticks, actors } = thread(setting);
        for (const { ticker } of actors) ticks.begin(ticker, startNs);
        let nowNs = startNs;
        const delivered = steps.flatMap(({ passNs, isBusy }) =>
          deliver(ticks, (nowNs += passNs), isBusy).map((each) => ({ ...each, atNs: nowNs })),
        );
        for (const { plan } of actors) {
          const times = dueTimes(setting, plan.tick?.runner ?? 0, nowNs);
          const first = times.findIndex((timeNs) => timeNs >= startNs);
          let next = first < 0 ? times.length : first;
          let previous: number | undefined;
          for (const each of delivered.filter(({ actor }) => actor === plan.index)) {
            expect(each.dropped).toBe(each.index - next);
            expect(each.time).toBe(times[each.index]);
            // It is not late, or there is no later one; those that were dropped were late.
            const isNewest = (times[each.index + 1] ?? Infinity) > each.atNs;
            expect(isNewest || each.time >= each.atNs - graceNs).toBe(true);
            const droppedNs = each.dropped > 0 ? (times[each.index - 1] as number) : -Infinity;
            expect(droppedNs).toBeLessThan(each.atNs - graceNs);
            expect(each.dt).toBe(previous === undefined ? each.dt : each.time - previous);
            previous = each.time;
            next = each.index + 1;
          }
        }
      }),
    );
  });

  test('are delivered by due time, phase, priority, registration', () => {
    fc.assert(
      fc.property(settings, looks, (setting, steps) => {
        const { ticks, actors } = thread(setting);
        for (const { ticker } of actors) ticks.begin(ticker, 0);
        const rank = stepOrderOf(setting.ticks.map((tick, actor) => ({ actor, ...tick }))).map(
          ({ actor }) => actor,
        );
        let nowNs = 0;
        for (const { passNs, isBusy } of steps) {
          const order = deliver(ticks, (nowNs += passNs), isBusy);
          const sorted = [...order].sort(
            (a, b) => a.time - b.time || rank.indexOf(a.actor) - rank.indexOf(b.actor),
          );
          expect(order).toEqual(sorted);
        }
      }),
    );
  });

  test('a thread that is told late of a change ends up on the same timeline', () => {
    const settingOf = (isFree: boolean): Setting => ({
      hertz: [100, 7],
      ticks: [
        { runner: 0, phase: 'control', priority: 0 },
        ...(isFree ? [{ runner: -1, phase: 'postExport' as const, priority: 0 }] : []),
      ],
    });
    const change: RateChange = {
      runner: 2,
      name: 'own',
      hz: 40,
      originNs: 500e6,
      firstIndex: 50,
      actor: 0,
    };
    fc.assert(
      fc.property(fc.boolean(), fc.integer({ min: 0, max: 1e9 }), looks, (isFree, toldNs, steps) => {
        const { ticks, actors } = thread(settingOf(isFree));
        const [{ ticker }] = actors as [Ticking];
        for (const each of actors) ticks.begin(each.ticker, 0);
        deliver(ticks, toldNs, []);
        ticks.change(change);
        const expected = new Timeline(rateOf(40), change.originNs, change.firstIndex);
        let nowNs = Math.max(toldNs, change.originNs);
        const nextBefore = ticker.index + 1;
        for (const { passNs } of steps) {
          const seen = deliver(ticks, (nowNs += passNs), []).filter(({ actor }) => actor === 0);
          const index = expected.newestAt(nowNs);
          expect(seen.every((each) => each.index <= Math.max(index, 50))).toBe(true);
          if (index < Math.max(51, nextBefore)) continue;
          expect(ticker.index).toBe(index);
          expect(ticks.nextDueMs(ticker)).toBe((expected.moveTo(nowNs), expected.followingNs / 1e6));
        }
      }),
    );
  });

  test('tell where other runners are', () => {
    const { ticks, actors } = thread({
      hertz: [10, 7, 0.5],
      ticks: [{ runner: 0, phase: 'control', priority: 0 }],
    });
    const [{ ticker }] = actors as [Ticking];
    ticks.begin(ticker, 0);
    // The thread comes late: what has come due since the tick is no part of it.
    deliver(ticks, 1_250e6, [true]);
    expect(ticker.time).toBe(1_200e6);
    expect(ticker.runner('r0')).toMatchObject({ step: 12, fraction: 0 });
    expect(ticker.runner({ runner: 'r2' })).toMatchObject({ step: 0, fraction: 0.6 });
    const other = ticker.runner('r1');
    expect(other.step).toBe(8);
    expect(other.fraction).toBeCloseTo(0.4);
    deliver(ticks, 1_310e6, []);
    expect(ticker.runner('r1')).toBe(other);
    expect(other.step).toBe(9);
    expect(other.fraction).toBeCloseTo(0.1);
    expect(() => ticker.runner('nobody')).toThrow(expect.objectContaining({ code: 'BAD_TARGET' }));
  });

  test('a successor goes on counting steps where its predecessor was', () => {
    const setting: Setting = {
      hertz: [100, 7],
      ticks: [{ runner: -1, phase: 'postExport', priority: 0 }],
    };
    const { ticks, actors } = thread(setting);
    const [{ ticker }] = actors as [Ticking];
    const times = dueTimes(setting, -1, 20e9);
    ticks.resume(1_000, times[1_000] as number);
    ticker.begin(1_001, times[1_000] as number);
    expect(deliver(ticks, times[1_010] as number, [])).toEqual([
      {
        actor: 0,
        index: 1_010,
        time: times[1_010],
        dt: (times[1_010] as number) - (times[1_000] as number),
        dropped: 9,
      },
    ]);
  });
});
