/** Inline stages for what does not only flow: ticks, events, latches, loops and letters. */
import { defineStage, frame, written } from '@troupe/core';

const number = frame('float64', [1]);
const pair = frame('float64', [2]);

/** The index of each of its ticks. */
export const beat = defineStage({
  name: 'beat',
  outputs: { out: number },
  create: () => ({
    onTick({ index }, out) {
      out.reserve('out')[0] = index;
      out.commit('out');
    },
  }),
});

/** Hands on what it gets, and sets the event each time. */
export const trigger = defineStage({
  name: 'trigger',
  inputs: { in: number },
  outputs: { out: number },
  events: { fired: 'set' },
  create: ({ events: { fired } }) => ({
    onInput({ frame: [value = 0] }, out) {
      fired.set();
      out.send('out', Float64Array.of(value));
    },
  }),
});

/** Writes each number and its opposite into the latch, and hands it on. */
export const setter = defineStage({
  name: 'setter',
  inputs: { in: number },
  outputs: { out: number },
  latches: { mine: written(pair) },
  create: ({ latches: { mine } }) => ({
    onInput({ frame: [value = 0] }, out) {
      mine.write(Float64Array.of(value, -value));
      out.send('out', Float64Array.of(value));
    },
  }),
});

/** At every tick what it finds in the latch. */
export const looker = defineStage({
  name: 'looker',
  outputs: { out: pair },
  latches: { theirs: pair },
  create: ({ latches: { theirs } }) => ({
    onTick(_, out) {
      out.send('out', Float64Array.from(theirs.read()));
    },
  }),
});

/** Hands on what comes in, and takes note of what comes back. */
export const circle = defineStage({
  name: 'circle',
  inputs: { in: number, back: number },
  outputs: { out: number },
  create: () => ({
    onInput({ port, frame: [value = 0] }, out) {
      if (port === 'in') out.send('out', Float64Array.of(value));
    },
  }),
});

/** Refuses every fifth number, however often it is asked. */
export const picky = defineStage({
  name: 'picky',
  inputs: { in: number },
  outputs: { out: number },
  create: () => ({
    onInput({ frame: [value = 0] }, out) {
      if (value % 5 === 0) throw new Error(`${value} is refused`);
      out.send('out', Float64Array.of(value));
    },
  }),
});
