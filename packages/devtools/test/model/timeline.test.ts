import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyLog } from '../../src/model/log.ts';
import { axisText, axisTimes, modeSpans, panned, spanText, zoomed } from '../../src/model/timeline.ts';
import { edgeWire, graphWire, stageWire } from './scene.ts';

const anyRange = fc
  .tuple(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.double({ min: 0.1, max: 1e5, noNaN: true }))
  .map(([from, length]) => ({ from, until: from + length }));

describe('The time that the timeline shows', () => {
  it('is zoomed around the pointer, and panned by what it shows', () => {
    fc.assert(
      fc.property(anyRange, fc.double({ min: 0, max: 1, noNaN: true }), (range, share) => {
        const at = range.from + (range.until - range.from) * share;
        const near = zoomed(range, 0.5, at);
        expect(near.until - near.from).toBeCloseTo((range.until - range.from) / 2, 3);
        expect((at - near.from) / (near.until - near.from)).toBeCloseTo(share, 3);
        expect(panned(range, 1).from).toBeCloseTo(range.until, 3);
      }),
    );
    expect(zoomed({ from: 0, until: 1 }, 1e-9, 0)).toEqual({ from: 0, until: 0.01 });
  });

  it('has lines at round times, some 90 pixels apart', () => {
    fc.assert(
      fc.property(anyRange, fc.integer({ min: 200, max: 2_000 }), (range, width) => {
        const times = axisTimes(range, width);
        expect(times.length).toBeLessThanOrEqual(width / 90 + 1);
        expect(times.length).toBeGreaterThanOrEqual(Math.floor(width / 230));
        expect(times.filter((ms) => ms < range.from - 1e-6 || ms > range.until + 1e-6)).toEqual([]);
      }),
    );
    expect(axisTimes({ from: 1, until: 1_000 }, 500)).toEqual([200, 400, 600, 800, 1_000]);
    expect(axisText(1_234.5678, { from: 1_234.5, until: 1_234.6 })).toBe('0:01.234.568');
    expect(axisText(1_234.5, { from: 0, until: 5_000 })).toBe('0:01.235');
  });

  it('tells modes and spans in words', () => {
    const change = { from: 'idle', to: 'training', cause: 'request', outcome: 'entered' as const };
    const none = { rule: undefined, error: undefined };
    const log = { ...emptyLog, happenings: [{ id: 0, atMs: 10, type: 'mode' as const, ...change, ...none }] };
    expect(modeSpans(log, 'training', 'idle', 30)).toEqual([
      { mode: 'idle', from: 0, until: 10 },
      { mode: 'training', from: 10, until: 30 },
    ]);
    expect(modeSpans(emptyLog, 'training', 'idle', 30)).toEqual([{ mode: 'training', from: 0, until: 30 }]);
    const graph = graphWire([stageWire(0, 'source'), stageWire(1, 'sink')], [edgeWire(0, 0, 1)]);
    const times = { worker: 1, at: 5, until: 6.5, firstNs: 0, lastNs: 0 };
    const handled = { kind: 'handle' as const, stage: 1, isFailed: false, ...times };
    expect(spanText({ ...handled, work: 'input', calls: 3, edge: 0, lateMs: undefined }, graph)).toBe(
      'sink handled 3 inputs by in for 1.50 ms at 0:00.005.',
    );
    expect(spanText({ ...handled, work: 'tick', calls: 1, edge: undefined, lateMs: 2 }, graph)).toBe(
      'sink handled one tick for 1.50 ms at 0:00.005. The tick began 2 ms late.',
    );
  });
});
