import { describe, expect, test } from 'vitest';
import { sequenceDiagram, simulate, SimulationError } from '@troupe/core/testing';
import type { TraceEntry } from '@troupe/core/testing';
import { chain, numbers } from './graphs.ts';

let step = 0;
function entry(thread: number, what: TraceEntry['what'], about = '', number = 0): TraceEntry {
  step++;
  return { step, atMs: step / 8, thread, what, about, number };
}

function message(
  fromThread: number,
  thread: number,
  [from, to]: readonly [string, string],
  number: number,
): TraceEntry {
  const about = to.split('.')[0] ?? '';
  return {
    ...entry(thread, thread === 0 ? 'take' : 'onInput', about, number),
    edge: { fromThread, from, to },
  };
}

/** One of everything that is drawn. */
function everything(): readonly TraceEntry[] {
  step = 0;
  const begun = [entry(1, 'open'), entry(1, 'message', 'ready')];
  const pushed = entry(0, 'push', 'in', 1);
  return [
    ...begun,
    pushed,
    { ...pushed, number: 2 },
    entry(-1, 'time'),
    entry(1, 'arm'),
    entry(1, 'look', '', 1),
    entry(1, 'strike'),
    entry(1, 'wake'),
    entry(1, 'step'),
    message(0, 1, ['in', 'scale.in'], 0),
    message(1, 2, ['scale.out', 'mean.in'], 0),
    entry(2, 'fault', 'death'),
    entry(2, 'lost'),
    entry(2, 'message', 'end'),
    entry(0, 'mode', 'training'),
    entry(2, 'onTick', 'beat', -1),
    message(2, 2, ['beat.out', 'mean.in'], 3),
    entry(0, 'fault', 'detach scale.out to mean.in'),
    message(2, 0, ['mean.out', 'means'], 0),
    entry(2, 'message', 'actorState'),
    entry(0, 'goodbye', 'stopped', 12),
  ];
}

describe('a sequence diagram', () => {
  test('has a lifeline for each thread, time downwards, and an arrow for each message', () => {
    expect(`\n${sequenceDiagram(everything())}`).toMatchInlineSnapshot(`
      "
        step       ms  main                      worker 1                  worker 2
                                                 scale                     mean beat
           2    0.250  │◀─ ready ────────────────┤                         │
           3    0.375  │ push in #0-1            │                         │
          10    1.250  ├────────── scale.in #0 ─▶│                         │
          11    1.375  │                         ├─────────── mean.in #0 ─▶│
          12    1.500  │                         │                         ┃ ✗ death
          13    1.625  │                         │                         ╳ † ended
          14    1.750  │◀─ is gone ──────────────┼─────────────────────────┤
          15    1.875  │ mode training           │                         │
          16    2.000  │                         │                         │ beat onTick
          17    2.125  │                         │                         │ ▸ mean.in #3
          18    2.250  ┃ ✗ detach scale.out to mean.in                     │
          19    2.375  │◀─ means #0 ─────────────┼─────────────────────────┤
      "
    `);
  });

  test('shows who sleeps where that matters', () => {
    const trace = everything();
    const lost = { seed: 1, step: 9, faults: [], trace };
    const drawn = sequenceDiagram(new SimulationError('LOST_WAKE_UP', 'nobody rang', lost));
    expect(`\n${drawn}`).toMatchInlineSnapshot(`
      "
        step       ms  main                      worker 1                  worker 2
                                                 scale                     mean beat
           1    0.125  │                         │ opens                   │
           2    0.250  │◀─ ready ────────────────┤                         │
           3    0.375  │ push in #0-1            │                         │
           5    0.625  │                         │ arms, sleeps, wakes     │
          10    1.250  ├────────── scale.in #0 ─▶│                         │
          11    1.375  │                         ├─────────── mean.in #0 ─▶│
          12    1.500  │                         │                         ┃ ✗ death
          13    1.625  │                         │                         ╳ † ended
          14    1.750  │◀─ is gone ──────────────┼─────────────────────────┤
          15    1.875  │ mode training           │                         │
          16    2.000  │                         │                         │ beat onTick
          17    2.125  │                         │                         │ ▸ mean.in #3
          18    2.250  ┃ ✗ detach scale.out to mean.in                     │
          19    2.375  │◀─ means #0 ─────────────┼─────────────────────────┤
          20    2.500  │◀─ actorState ───────────┼─────────────────────────┤
      "
    `);
    expect(drawn).toBe(sequenceDiagram(trace, { sleep: true }));
    expect(sequenceDiagram(new SimulationError('OUT_OF_ORDER', 'twice', lost))).toBe(sequenceDiagram(trace));
  });

  test('can be drawn by mermaid', () => {
    expect(`\n${sequenceDiagram(everything(), { as: 'mermaid', rows: 9 })}`).toMatchInlineSnapshot(`
      "
      sequenceDiagram
        participant main as main
        participant worker1 as worker 1<br/>scale
        participant worker2 as worker 2<br/>mean beat
        Note over main: 3 rows before
        worker1->>worker2: mean.in #35;0
        Note over worker2: ✗ death
        Note over worker2: † ended
        worker2->>main: is gone
        Note over main: mode training
        Note over worker2: beat onTick
        worker2->>worker2: mean.in #35;3
        Note over main: ✗ detach scale.out to mean.in
        worker2->>main: means #35;0
      "
    `);
  });

  test('is never wider than 110 columns, however many threads and however long their names', () => {
    for (const threads of [1, 2, 3, 5, 8, 20]) {
      step = 0;
      const trace = Array.from({ length: threads }, (_, i) =>
        message(i, i + 1, [`from.${'o'.repeat(40)}`, `to.${'i'.repeat(40)}`], i),
      );
      const lines = sequenceDiagram(trace).split('\n');
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(110);
      const drawn = Math.min(threads, 6);
      expect(lines.filter((line) => line.includes('▶'))).toHaveLength(drawn);
      expect(lines.join('\n').includes(`and ${threads + 1 - 7} more threads`)).toBe(threads > 6);
    }
  });

  test('has the newest rows of a report', async () => {
    const report = await simulate(chain(3), { inputs: { in: numbers(40) } });
    const rows = sequenceDiagram(report, { rows: 10 }).trimEnd().split('\n');
    expect(rows).toHaveLength(2 + 1 + 10);
    expect(rows[2]).toMatch(/┊ \d+ rows before/);
    expect(rows.at(-1)).toMatch(/is gone/);
    expect(sequenceDiagram(report, { rows: 1_000 })).not.toContain('rows before');
  });
});
