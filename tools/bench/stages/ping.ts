import { defineStage, frame } from '@troupe/core';
import type { Out } from '@troupe/core';
import { quantile } from '../statistics.ts';
import { trusted } from './trusted.ts';

interface PingOptions {
  /** Round trips before the first that counts, without a pause between them. */
  readonly warmUp: number;
  readonly trips: number;
}

const outputs = { stamps: frame('float64', [1]) };

/**
 * At every tick sends a stamp to its partner, times its return, and logs the quantiles after the last trip.
 */
export const ping = defineStage({
  module: import.meta.url,
  name: 'ping',
  inputs: { back: frame('float64', [1]) },
  outputs,
  options: trusted<PingOptions>(),
  create({ options, log }) {
    const { warmUp, trips } = options;
    const tripsNs = new Float64Array(trips);
    let done = 0;
    let isOut = false;
    const send = (out: Out<typeof outputs>): void => {
      isOut = true;
      out.reserve('stamps')[0] = Number(process.hrtime.bigint());
      out.commit('stamps');
    };
    return {
      onTick(_tick, out) {
        if (!isOut && done < warmUp + trips) send(out);
      },
      onInput({ frame: view }, out) {
        const tripNs = Number(process.hrtime.bigint()) - (view[0] as number);
        if (done >= warmUp) tripsNs[done - warmUp] = tripNs;
        done++;
        isOut = false;
        if (done < warmUp) send(out);
        if (done !== warmUp + trips) return;
        log('timed', { p50Ns: quantile(tripsNs, 0.5), p99Ns: quantile(tripsNs, 0.99) });
      },
    };
  },
});

/** The same on a worker with an event loop. */
export const ioPing = defineStage({ ...ping, name: 'io-ping', io: true });
