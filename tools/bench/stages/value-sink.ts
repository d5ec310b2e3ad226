import { defineStage, message } from '@troupe/core';
import { trusted } from './trusted.ts';

interface ValueSinkOptions {
  /** Values before the clock starts. */
  readonly warmUp: number;
  /** Values that the clock runs over. */
  readonly timed: number;
}

/** Sums every value, reads the clock twice, and logs `nsPerFrame`. */
export const valueSink = defineStage({
  module: import.meta.url,
  name: 'value-sink',
  inputs: { values: message<number>() },
  options: trusted<ValueSinkOptions>(),
  create({ options, log }) {
    const { warmUp, timed } = options;
    let received = 0;
    let sum = 0;
    let startNs = 0n;
    const onClock = (): void => {
      if (Number.isNaN(sum)) throw new TypeError('a value held no number');
      if (received === warmUp) startNs = process.hrtime.bigint();
      else log('timed', { nsPerFrame: Number(process.hrtime.bigint() - startNs) / timed });
    };
    return {
      onInput({ value }) {
        sum += value;
        received++;
        if (received === warmUp || received === warmUp + timed) onClock();
      },
    };
  },
});
