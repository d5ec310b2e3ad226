import type { GraphWire, TappedWire } from '@troupe/core/telemetry';
import { duration } from './units.ts';

/** Latency so far, or a dash; with a minus where the time of the message lay ahead of the clock. */
export function latencyOf({ latencyNs }: TappedWire): string {
  if (latencyNs === undefined) return '–';
  return latencyNs < 0 ? `−${duration(-latencyNs)}` : duration(latencyNs);
}

/** Latency so far as a fact with what it means; or why there is none. */
export function aboutLatency(
  clock: GraphWire['clock'],
  message: TappedWire,
): { readonly text: string; readonly meaning: string } {
  if (clock !== 'realtime') {
    const meaning = `The ${clock} clock gives messages the times of its steps: they say nothing of latency.`;
    return { text: `not under the ${clock} clock`, meaning };
  }
  if (message.latencyNs === undefined) {
    const meaning =
      'It was being published when its thread ended, or when the tap was opened: the instant is not known.';
    return { text: 'not known', meaning };
  }
  const meaning = 'From its time to the instant at which it was published on this edge';
  const why = message.latencyNs < 0 ? ': its time lay ahead of the clock' : '';
  return { text: latencyOf(message), meaning: `${meaning}${why}.` };
}
