import { defineStage, frame } from '@troupe/core';
import { quantile } from '../statistics.ts';
import { trusted } from './trusted.ts';

/**
 * Times the way of the first frame of each burst from its stamp to here, and logs the quantiles after
 * `bursts` of them.
 */
export const burstSink = defineStage({
  module: import.meta.url,
  name: 'burst-sink',
  inputs: { frames: frame('float64', [2]) },
  options: trusted<{ readonly warmUp: number; readonly bursts: number }>(),
  create({ options, log }) {
    const { warmUp, bursts } = options;
    const latenciesNs = new Float64Array(bursts);
    let seen = 0;
    return {
      onInput({ frame: view }) {
        if (view[0] !== 0) return;
        const latencyNs = Number(process.hrtime.bigint()) - (view[1] as number);
        if (seen >= warmUp && seen < warmUp + bursts) latenciesNs[seen - warmUp] = latencyNs;
        seen++;
        if (seen !== warmUp + bursts) return;
        log('timed', { p50Ns: quantile(latenciesNs, 0.5), p99Ns: quantile(latenciesNs, 0.99) });
      },
    };
  },
});
