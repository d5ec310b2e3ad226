import { defineStage, frame } from '@troupe/core';

/** Words that a soak shares with its stages: they outlive the workers. */
export const word = {
  /** What each relay is to do to itself: a `deed`, once. */
  first: 0,
  second: 1,
  /** How many handlers of each mode run. */
  recording: 2,
  predicting: 3,
  /** How often handlers of two modes have run at once. */
  overlaps: 4,
} as const;

export const deed = { none: 0, exit: 1, timer: 2, throw: 3, hang: 4 } as const;

/** Every so many numbers one always fails, and ends as a dead letter. */
const poisonEvery = 50_000;

function isPoison(n: number): boolean {
  return n % poisonEvery === poisonEvery - 1;
}

interface Options {
  readonly memory: SharedArrayBuffer;
  /** Which of the words is this stage's. */
  readonly at: number;
}

const number = frame('float64', [1]);

const options = {
  '~standard': {
    version: 1 as const,
    vendor: 'soak',
    validate: (value: unknown) => ({ value: value as Options }),
  },
};

/** Passes numbers on, and does to itself what it is asked to. */
export const relay = defineStage({
  module: import.meta.url,
  name: 'relay',
  inputs: { in: number },
  outputs: { out: number },
  options,
  create({ options: { memory, at } }) {
    const words = new Int32Array(memory);
    return {
      onInput({ frame: view }, out) {
        const n = view[0] ?? -1;
        out.reserve('out')[0] = n;
        out.commit('out');
        if (at === word.first && isPoison(n)) throw new Error(`${n} is poison`);
        if (Atomics.load(words, at) === deed.none) return;
        const asked = Atomics.exchange(words, at, deed.none);
        if (asked === deed.exit) process.exit(3);
        if (asked === deed.throw) throw new Error('asked to throw');
        while (asked === deed.hang);
        if (asked === deed.timer)
          setImmediate(() => {
            throw new Error('asked to throw from a timer');
          });
      },
    };
  },
});

/** Notes that a handler of one mode runs, and whether one of the other does. */
function enter(words: Int32Array, at: number): void {
  Atomics.add(words, at, 1);
  const other = at === word.recording ? word.predicting : word.recording;
  if (Atomics.load(words, other) > 0) Atomics.add(words, word.overlaps, 1);
}

/** Takes numbers, in one mode only. */
export const recorder = defineStage({
  module: import.meta.url,
  name: 'recorder',
  inputs: { in: number },
  options,
  create({ options: { memory, at } }) {
    const words = new Int32Array(memory);
    return {
      onInput() {
        enter(words, at);
        Atomics.sub(words, at, 1);
      },
    };
  },
});

/** The same, with handlers that wait. */
export const predictor = defineStage({
  module: import.meta.url,
  name: 'predictor',
  io: true,
  inputs: { in: number },
  options,
  create({ options: { memory, at } }) {
    const words = new Int32Array(memory);
    return {
      async onInput() {
        enter(words, at);
        await new Promise((resolve) => setTimeout(resolve, 1));
        Atomics.sub(words, at, 1);
      },
    };
  },
});
