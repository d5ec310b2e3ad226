import { defineStage, frame } from '@troupe/core';

/** Sends every stamp back. */
export const pong = defineStage({
  module: import.meta.url,
  name: 'pong',
  inputs: { stamps: frame('float64', [1]) },
  outputs: { back: frame('float64', [1]) },
  create() {
    return {
      onInput(input, out) {
        out.reserve('back')[0] = input.frame[0] as number;
        out.commit('back');
      },
    };
  },
});

/** The same on a worker with an event loop. */
export const ioPong = defineStage({ ...pong, name: 'io-pong', io: true });
