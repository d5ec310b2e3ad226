/** Graphs that are led by more than what flows: ticks, events, latches, loops, letters; under every clock. */
import { frame, graph } from '@troupe/core';
import type { SimulateOptions, SimulationReport } from '@troupe/core/testing';
import { all, capacityOf, mood, numbers, settings, upTo } from './moods.ts';
import type { Shape } from './moods.ts';
import { beat, circle, looker, picky, setter, trigger } from './led-stages.ts';
import { join, relay } from './stages.ts';

const durationMs = 60;

const clockOf = (seed: number) => (['realtime', 'paced', 'fast'] as const)[seed % 3] ?? 'realtime';
const isStepped = (seed: number): boolean => clockOf(seed) !== 'realtime';

/** As any mood, but under each of the clocks. */
function led(seed: number, more: Partial<SimulateOptions> = {}): SimulateOptions {
  const { faults, ...rest } = mood(seed);
  return { ...rest, clock: clockOf(seed), faults: { ...faults, ...more.faults }, untilMs: durationMs };
}

/** The first frames of what has come out. */
function seen({ outputs }: SimulationReport, port: string): number[] {
  return (outputs[port] ?? []).map(({ frame: [value] }) => value as number);
}

const ticks: Shape = {
  name: 'ticks',
  build(seed) {
    const g = graph('ticks');
    const last = g.stage('last', join, settings(seed, 2));
    for (const [port, hz, phase] of [
      ['left', 500, 'control'],
      ['right', 1000 / 3, 'acquisition'],
    ] as const) {
      const first = g.stage(`${port}-beat`, beat, { ...settings(seed, hz), tick: { hz, phase } });
      g.connect(first.out.out, last.in[port], { capacity: capacityOf(seed) });
    }
    g.output('out', last.out.out);
    return g;
  },
  options: (seed) => led(seed),
  expected: {},
  sourceOf: Math.sign,
  // Ticks of real time are dropped where a thread comes too late.
  check: (report, seed) => {
    if (!isStepped(seed)) return undefined;
    const there = new Set(seen(report, 'out'));
    const due = [...upTo(durationMs / 2), ...upTo(durationMs / 3).map((index) => -1 - index)];
    const missing = due.find((value) => !there.has(value));
    return missing === undefined ? undefined : `tick ${missing} has not come out`;
  },
};

/** A stage runs as often as another one has set its event, or while it is set. */
const events: Shape = {
  name: 'events',
  build(seed) {
    const g = graph('events');
    const go = g.event('go', { initial: true });
    const first = g.stage('first', trigger, { ...settings(seed, 0), events: { fired: go } });
    const form = (seed & 2) === 0 ? 'switchable' : 'toggleable';
    const second = g.stage('second', relay, { ...settings(seed, 1), control: { form, event: go } });
    g.input('in', first.in.in);
    g.connect(first.out.out, second.in.in, { capacity: capacityOf(seed), overflow: 'dropOldest' });
    g.output('out', first.out.out);
    g.output('led', second.out.out);
    return g;
  },
  options: (seed) => ({ ...led(seed, { faults: { event: 0.02 } }), inputs: { in: numbers(40) } }),
  expected: { out: all },
};

/** What is read was written as one. */
const latches: Shape = {
  name: 'latches',
  build(seed) {
    const g = graph('latches');
    const latch = g.latch('latch', frame('float64', [2]));
    const first = g.stage('first', setter, { ...settings(seed, 0), latches: { mine: latch } });
    const hz = 500;
    const ticking = { ...settings(seed, 1), tick: { hz }, latches: { theirs: latch } };
    g.input('in', first.in.in);
    g.output('out', first.out.out);
    g.output('seen', g.stage('second', looker, ticking).out.out);
    return g;
  },
  options: (seed) => ({ ...led(seed), inputs: { in: numbers(40) } }),
  expected: { out: all },
  // What it finds may stay the same for a while.
  isRepeating: true,
  check({ outputs, pushed }) {
    for (const { frame: [value = NaN, other = NaN] = [] } of outputs['seen'] ?? []) {
      if (value !== -other || value >= Math.max(1, pushed['in'] ?? 0))
        return `${value} and ${other} were read`;
    }
    return undefined;
  },
};

/** What has gone out comes back in the next step. */
const loop: Shape = {
  name: 'loop',
  build(seed) {
    const g = graph('loop');
    const first = g.stage('first', circle, settings(seed, 0));
    const second = g.stage('second', relay, settings(seed, 1));
    const capacity = capacityOf(seed);
    g.input('in', first.in.in);
    g.connect(first.out.out, second.in.in, { capacity });
    // Where there are no steps, a cycle of edges that all block would stand still.
    const overflow = isStepped(seed) ? 'block' : 'latest';
    g.connect(second.out.out, first.in.back, { back: true, capacity, overflow });
    g.output('out', second.out.out);
    return g;
  },
  options: (seed) => ({ ...led(seed), inputs: { in: numbers(40) } }),
  expected: { out: all },
};

/** What is refused is a dead letter, and nothing else is lost. */
const letters: Shape = {
  name: 'letters',
  build(seed) {
    const g = graph('letters');
    const { supervision, ...rest } = settings(seed, 0);
    const first = g.stage('first', picky, { ...rest, supervision: { ...supervision, triesMax: 2 } });
    const second = g.stage('second', relay, settings(seed, 1));
    const capacity = capacityOf(seed);
    g.input('in', first.in.in, { capacity });
    g.connect(first.out.out, second.in.in, { capacity });
    g.output('out', second.out.out);
    return g;
  },
  options: (seed) => ({ ...led(seed), inputs: { in: numbers(40) } }),
  expected: {},
  check(report) {
    const out = new Set(seen(report, 'out'));
    const dead = report.deadLetters.map(({ frame: [value] = [] }) => value as number);
    const lost = all(report.pushed).find((value) => !out.has(value) && !dead.includes(value));
    if (lost !== undefined) return `${lost} has neither come out nor become a letter`;
    const refused = [...out].find((value) => value % 5 === 0);
    return refused === undefined ? undefined : `${refused} has come out although it was refused`;
  },
};

export const ledShapes: readonly Shape[] = [ticks, events, latches, loop, letters];
