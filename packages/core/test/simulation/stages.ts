/** Inline stages of the graphs that are simulated with many seeds. What they carry are numbers. */
import { defineStage, frame, message } from '@troupe/core';

const number = frame('float64', [1]);

/** Hands on what it gets. */
export const relay = defineStage({
  name: 'relay',
  inputs: { in: number },
  outputs: { out: number },
  create: () => ({
    onInput({ frame: [value = 0] }, out) {
      out.reserve('out')[0] = value;
      out.commit('out');
    },
  }),
});

/** Hands on every third number only. */
export const sieve = defineStage({
  name: 'sieve',
  inputs: { in: number },
  outputs: { out: number },
  create: () => ({
    onInput({ frame: [value = 0] }, out) {
      if (value % 3 === 0) out.send('out', Float64Array.of(value));
    },
  }),
});

/** Hands on what it gets by either port, and says by which: numbers of `right` as negative ones, less one. */
export const join = defineStage({
  name: 'join',
  inputs: { left: number, right: number },
  outputs: { out: number },
  create: () => ({
    onInput({ port, frame: [value = 0] }, out) {
      out.reserve('out')[0] = port === 'left' ? value : -1 - value;
      out.commit('out');
    },
  }),
});

/** Numbers from 3000 on, twenty of them. A new instance begins anew. */
export const source = defineStage({
  name: 'source',
  outputs: { out: number },
  create() {
    let next = 3000;
    return {
      onDemand(out) {
        out.send('out', Float64Array.of(next));
        next++;
        return next < 3020 ? undefined : 'end';
      },
    };
  },
});

/** Hands on a value once a promise has settled. */
export const later = defineStage({
  name: 'later',
  io: true,
  inputs: { in: message<number>() },
  outputs: { out: message<number>() },
  create: () => ({
    async onInput({ value }, out) {
      await Promise.resolve();
      out.send('out', value);
    },
  }),
});

/** Of every number five, four of them beyond what it has declared. */
export const burst = defineStage({
  name: 'burst',
  inputs: { in: number },
  outputs: { out: message<number>() },
  create: () => ({
    onInput({ frame: [value = 0] }, out) {
      for (let i = 0; i < 5; i++) out.send('out', value * 5 + i);
    },
  }),
});

/** Hands on values. */
export const pass = defineStage({
  name: 'pass',
  inputs: { in: message<number>() },
  outputs: { out: message<number>() },
  create: () => ({
    onInput({ value }, out) {
      out.send('out', value);
    },
  }),
});
