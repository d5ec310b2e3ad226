import { defineStage, frame } from '@troupe/core';
import { trusted } from './trusted.ts';

interface TimedSinkOptions {
  readonly frameLength: number;
  /** Frames before the clock starts. */
  readonly warmUp: number;
  /** Frames that the clock runs over. */
  readonly timed: number;
}

/**
 * Looks at every frame, reads the clock twice, and logs `nsPerFrame`: the reading half of the stream
 * benchmarks.
 */
export const timedSink = defineStage({
  module: import.meta.url,
  name: 'timed-sink',
  inputs: ({ frameLength }: TimedSinkOptions) => ({ frames: frame('float32', [frameLength]) }),
  options: trusted<TimedSinkOptions>(),
  create({ options, log }) {
    const { warmUp, timed } = options;
    let received = 0;
    let sum = 0;
    let startNs = 0n;
    const onClock = (): void => {
      if (Number.isNaN(sum)) throw new TypeError('a frame held no number');
      if (received === warmUp) startNs = process.hrtime.bigint();
      else log('timed', { nsPerFrame: Number(process.hrtime.bigint() - startNs) / timed });
    };
    return {
      onInput({ frame: view }) {
        sum += (view[0] as number) + (view[1] as number) + (view[2] as number) + (view[3] as number);
        received++;
        if (received === warmUp || received === warmUp + timed) onClock();
      },
    };
  },
});
