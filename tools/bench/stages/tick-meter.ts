import { defineStage } from '@troupe/core';
import { quantile } from '../statistics.ts';
import { trusted } from './trusted.ts';

interface TickMeterOptions {
  readonly hz: number;
  /** Seconds before the figures begin. */
  readonly warmUp: number;
  /** Seconds that they are about. */
  readonly seconds: number;
}

/**
 * Notes how late each of its ticks comes, and logs what became of them: the share that was lost, how far
 * due times are from `index` periods, and by how much the lateness grew from the first to the last quarter.
 */
export const tickMeter = defineStage({
  module: import.meta.url,
  name: 'tick-meter',
  options: trusted<TickMeterOptions>(),
  create({ options, log, now }) {
    const { hz, warmUp, seconds } = options;
    const first = warmUp * hz;
    const last = first + seconds * hz;
    const lateNs = new Float64Array(seconds * hz);
    let delivered = 0;
    let driftNs = 0;
    const report = (): void => {
      const late = lateNs.subarray(0, delivered);
      const quarter = Math.floor(delivered / 4);
      log('ticks', {
        hz,
        lostPercent: 100 * (1 - delivered / (last - first)),
        driftNs,
        trendUs: (quantile(late.subarray(-quarter), 0.5) - quantile(late.subarray(0, quarter), 0.5)) / 1000,
        lateP50Us: quantile(late, 0.5) / 1000,
        lateP99Us: quantile(late, 0.99) / 1000,
        lateMaxUs: quantile(late, 1) / 1000,
      });
    };
    let isOver = false;
    return {
      onTick({ time, index }) {
        if (index >= first && index < last) {
          lateNs[delivered++] = now() - time;
          driftNs = Math.max(driftNs, Math.abs(time - Math.floor((index * 1e9) / hz)));
        } else if (index >= last && !isOver) {
          isOver = true;
          report();
        }
      },
    };
  },
});

/** The same on a worker with an event loop. */
export const ioTickMeter = defineStage({ ...tickMeter, name: 'io-tick-meter', io: true });
