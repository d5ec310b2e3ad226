// Compiled by the type check, never run: each `@ts-expect-error` is a program that must not compile.
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { ArrayOf, Dtype } from '@troupe/mailbox';
import * as v from 'valibot';
import type { EventHandle } from '../../src/events/event-handle.ts';
import { frame, message, written } from '../../src/ports.ts';
import type { FramePort, MessagePort } from '../../src/ports.ts';
import { defineStage } from '../../src/stage.ts';
import type { AnyStage, Handlers, Input, Out, Stage, StageContext } from '../../src/stage.ts';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function expectType<Expected>() {
  return <Actual>(_value: Actual, _same: Same<Actual, Expected>): void => {};
}

/** A Standard Schema written by hand, as a library would export it. */
declare const gainSchema: StandardSchemaV1<{ gain?: number }, { gain: number }>;

// The architecture's example, as printed.
export const scale = defineStage({
  module: import.meta.url,
  name: 'scale',
  inputs: { samples: frame('float32', [8]) },
  outputs: { doubled: frame('float32', [8]) },
  options: gainSchema,
  create({ options, log, random, now, post }) {
    expectType<{ gain: number }>()(options, true);
    expectType<number>()(random(), true);
    expectType<number>()(now(), true);
    expectType<boolean>()(post({ anything: 1 }), true);
    log('created', { gain: options.gain });
    return {
      onInput(input, out) {
        expectType<'samples'>()(input.port, true);
        expectType<Float32Array>()(input.frame, true);
        expectType<number>()(input.seq, true);
        const doubled = out.reserve('doubled');
        expectType<Float32Array>()(doubled, true);
        for (let i = 0; i < 8; i++) doubled[i] = (input.frame[i] ?? 0) * 2;
        out.commit('doubled');
        out.send('doubled', doubled);
        // @ts-expect-error -- a frame port's input has no value
        void input.value;
        // @ts-expect-error -- no such output
        out.reserve('samples');
        // @ts-expect-error -- no such output
        out.commit('nothing');
        // @ts-expect-error -- another dtype
        out.send('doubled', new Float64Array(8));
      },
      onTick(tick, out) {
        expectType<number>()(tick.dt, true);
        expectType<Float32Array>()(out.reserve('doubled'), true);
      },
      onPost(value) {
        expectType<unknown>()(value, true);
      },
    };
  },
});

// Several inputs: `port` narrows what came.
export const join = defineStage({
  name: 'join',
  inputs: { eeg: frame('float64', [2, 4]), count: frame('int64', []), label: message<{ text: string }>() },
  outputs: {
    both: message<{ label: string; total: bigint }>(),
    raw: frame('uint8', [1]),
    half: frame('float16', [2]),
  },
  create: () => ({
    onInput(input, out) {
      expectType<'eeg' | 'count' | 'label'>()(input.port, true);
      switch (input.port) {
        case 'eeg':
          expectType<Float64Array>()(input.frame, true);
          break;
        case 'count':
          expectType<BigInt64Array>()(input.frame, true);
          break;
        case 'label':
          expectType<{ text: string }>()(input.value, true);
          out.send('both', { label: input.value.text, total: 1n });
          // @ts-expect-error -- a message port's input has no frame
          void input.frame;
      }
      // @ts-expect-error -- not narrowed: a message has no frame
      void input.frame;
      // @ts-expect-error -- reserve is for frame ports
      out.reserve('both');
      // @ts-expect-error -- commit is for frame ports
      out.commit('both');
      // @ts-expect-error -- `total` is missing
      out.send('both', { label: '' });
      expectType<Uint8Array>()(out.reserve('raw'), true);
      expectType<Float16Array>()(out.reserve('half'), true);
    },
  }),
});

// valibot: options are the schema's output, and ports may be a function of them.
export const select = defineStage({
  name: 'select',
  options: v.object({ channels: v.array(v.number()), name: v.optional(v.string(), 'x') }),
  inputs: { samples: frame('float32', [8]) },
  outputs: (options) => {
    expectType<{ channels: number[]; name: string }>()(options, true);
    return { chosen: frame('float32', [options.channels.length]) };
  },
  create({ options }) {
    expectType<{ channels: number[]; name: string }>()(options, true);
    return {
      onInput(input, out) {
        expectType<Float32Array>()(input.frame, true);
        expectType<Float32Array>()(out.reserve('chosen'), true);
        // @ts-expect-error -- no such output
        out.reserve('samples');
      },
    };
  },
});

export const windowing = defineStage({
  name: 'windowing',
  options: v.object({ size: v.number() }),
  inputs: (options) => ({ samples: frame('int16', [options.size]) }),
  outputs: (options) => ({ windows: frame('int16', [2, options.size]) }),
  create: ({ options }) => ({
    onInput(input, out) {
      expectType<'samples'>()(input.port, true);
      expectType<Int16Array>()(input.frame, true);
      expectType<number>()(options.size, true);
      expectType<Int16Array>()(out.reserve('windows'), true);
    },
  }),
});

// No options: there are none.
export const source = defineStage({
  name: 'source',
  outputs: { samples: frame('float32', [8]) },
  create({ options }) {
    expectType<undefined>()(options, true);
    return {
      onDemand(out) {
        out.send('samples', new Float32Array(8));
        return 'end';
      },
    };
  },
});

defineStage({
  name: 'wrong-return',
  outputs: { samples: frame('float32', [8]) },
  // @ts-expect-error -- only onDemand may say 'end'
  create: () => ({ onTick: () => 'end' }),
});

// Asynchronous handlers. (One that can say nothing but 'end' has to say `'end' as const`: TypeScript widens
// it else.)
export const socket = defineStage({
  name: 'socket',
  io: true,
  outputs: { lines: message<string>() },
  create: () => ({
    async onDemand(out) {
      out.send('lines', 'one');
      await out.flush();
      if (Math.random() > 0.5) return 'end';
      return;
    },
  }),
});

// A class that implements the same interface.
const smootherInputs = { samples: frame('float32', [8]) };
const smootherOutputs = { smooth: frame('float32', [8]) };
type SmootherIn = typeof smootherInputs;
type SmootherOut = typeof smootherOutputs;

class Smoother implements Handlers<SmootherIn, SmootherOut> {
  readonly #alpha: number;
  readonly #state = new Float32Array(8);

  constructor(context: StageContext<{ alpha: number }>) {
    this.#alpha = context.options.alpha;
  }

  onInput(input: Input<SmootherIn>, out: Out<SmootherOut>): void {
    const smooth = out.reserve('smooth');
    for (let i = 0; i < 8; i++) {
      const state = this.#state[i] ?? 0;
      this.#state[i] = state + this.#alpha * ((input.frame[i] ?? 0) - state);
    }
    smooth.set(this.#state);
    out.commit('smooth');
  }

  snapshot(): Float32Array {
    return this.#state.slice();
  }
}

export const smoother = defineStage({
  name: 'smoother',
  inputs: smootherInputs,
  outputs: smootherOutputs,
  options: v.object({ alpha: v.number() }),
  create: (context) => new Smoother(context),
});

defineStage({
  name: 'wrong-class',
  inputs: smootherInputs,
  // @ts-expect-error -- Smoother emits on 'smooth', the stage has only 'other'
  outputs: { other: frame('float32', [8]) },
  options: v.object({ alpha: v.number() }),
  create: (context) => new Smoother(context),
});

defineStage({
  name: 'wrong-options',
  inputs: smootherInputs,
  outputs: smootherOutputs,
  options: v.object({ beta: v.number() }),
  // @ts-expect-error -- Smoother wants `alpha`
  create: (context) => new Smoother(context),
});

// Factories of stages: the dtype and the type of values may be type parameters.
export function relayOf<D extends Dtype>(dtype: D, length: number) {
  return defineStage({
    name: 'relay',
    inputs: { in: frame(dtype, [length]) },
    outputs: { out: frame(dtype, [length]) },
    create: () => ({
      onInput(input, out) {
        expectType<ArrayOf<D>>()(input.frame, true);
        out.send('out', input.frame);
      },
    }),
  });
}

export function relayValues<T>() {
  return defineStage({
    name: 'relayValues',
    inputs: { in: message<T>() },
    outputs: { out: message<T>() },
    create: () => ({
      onInput(input, out) {
        out.send('out', input.value);
      },
    }),
  });
}

// The type of a stage can be written out, as libraries must that are built with isolated declarations.
export const negate: Stage<
  undefined,
  { a: FramePort<'float32', readonly [8]> },
  { b: FramePort<'float32', readonly [8]> }
> = defineStage({
  name: 'negate',
  inputs: { a: frame('float32', [8]) },
  outputs: { b: frame('float32', [8]) },
  create: () => ({
    onInput(input, out) {
      expectType<Float32Array>()(input.frame, true);
      out.reserve('b').set(input.frame.map((x) => -x));
      out.commit('b');
    },
  }),
});

// Stages of all kinds in one list.
export const all: readonly AnyStage[] = [scale, join, select, source, smoother, negate, relayOf('int8', 3)];

// Ports keep their literal types.
expectType<FramePort<'float32', readonly [8]>>()(frame('float32', [8]), true);
expectType<FramePort<'float64', readonly []>>()(frame('float64', []), true);
expectType<MessagePort<{ a: number }>>()(message(v.object({ a: v.number() })), true);
expectType<MessagePort<unknown>>()(message(), true);
// @ts-expect-error -- not a dtype
frame('float31', [8]);
// @ts-expect-error -- sizes are numbers
frame('float32', ['8']);

// Latches: their handles are typed by what the stage declares, and only what it writes can be written.
defineStage({
  name: 'latching',
  latches: { pose: frame('float32', [3]), goal: written(frame('float64', [])) },
  create({ latches }) {
    expectType<Float32Array>()(latches.pose.read(), true);
    expectType<number>()(latches.pose.time, true);
    expectType<Float64Array>()(latches.goal.read(), true);
    latches.goal.write(Float64Array.of(1));
    // @ts-expect-error -- it only reads this one
    latches.pose.write(new Float32Array(3));
    // @ts-expect-error -- another dtype
    latches.goal.write(new Float32Array(1));
    // @ts-expect-error -- not declared
    void latches.speed;
    return {
      onTick(tick) {
        const { step, fraction } = tick.runner('slow');
        expectType<number>()(step, true);
        expectType<number>()(fraction, true);
      },
    };
  },
});

// Events are known by the names that the stage declares.
export const listed = defineStage({
  name: 'listed',
  events: ['armed', 'ready'],
  create({ events }) {
    expectType<EventHandle>()(events.armed, true);
    // @ts-expect-error -- it declares no such event
    void events.other;
    return {};
  },
});

export const used = defineStage({
  name: 'used',
  events: { armed: 'set', ready: 'read' },
  create({ events }) {
    expectType<void>()(events.armed.set(), true);
    expectType<Promise<boolean>>()(events.ready.wait({ timeoutMs: 5 }), true);
    return {};
  },
});

// @ts-expect-error -- no such use
defineStage({ name: 'misused', events: { armed: 'write' }, create: () => ({}) });

defineStage({
  name: 'none',
  create({ events }) {
    // @ts-expect-error -- it declares none
    void events.armed;
    return {};
  },
});
