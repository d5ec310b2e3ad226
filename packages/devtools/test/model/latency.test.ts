import type { TappedWire } from '@troupe/core/telemetry';
import { expect, test } from 'vitest';
import { aboutLatency, latencyOf } from '../../src/model/latency.ts';

function message(latencyNs: number | undefined): TappedWire {
  const flags = { redelivered: false, resent: false };
  return { stage: 0, port: 'out', seq: 0, timeNs: 0, payload: { kind: 'undefined' }, ...flags, latencyNs };
}

test('a latency is told with its unit, and with a minus where the time of the message lay ahead', () => {
  expect([0, 850, 12_345, 4.56e6, -2e6, undefined].map((ns) => latencyOf(message(ns)))).toEqual([
    '0 ns',
    '850 ns',
    '12.3 µs',
    '4.56 ms',
    '−2 ms',
    '–',
  ]);
  expect(aboutLatency('realtime', message(4.56e6))).toEqual({
    text: '4.56 ms',
    meaning: 'From its time to the instant at which it was published on this edge.',
  });
  expect(aboutLatency('realtime', message(-1)).meaning).toContain('its time lay ahead of the clock');
});

test('where there is none it is said why', () => {
  expect(aboutLatency('realtime', message(undefined)).text).toBe('not known');
  expect(aboutLatency('paced', message(undefined)).text).toBe('not under the paced clock');
  expect(aboutLatency('fast', message(undefined)).meaning).toContain('The fast clock');
});
