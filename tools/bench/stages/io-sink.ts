import { defineStage, frame } from '@troupe/core';

/** Takes frames of 64 B on a worker with an event loop. */
export const ioSink = defineStage({
  module: import.meta.url,
  name: 'io-sink',
  io: true,
  inputs: { frames: frame('float32', [16]) },
  create() {
    let received = 0;
    return {
      onInput() {
        received++;
      },
      progress: () => ({ done: received, total: undefined }),
    };
  },
});
