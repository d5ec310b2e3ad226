// Compiled by the type check, never run: each `@ts-expect-error` is a program that must not compile.
import * as v from 'valibot';
import { graph } from '../../src/graph.ts';
import type { Graph } from '../../src/graph.ts';
import { frame, message } from '../../src/ports.ts';
import type { FramePort, MessagePort } from '../../src/ports.ts';
import type { InputRef, InRef, OutputRef, OutRef } from '../../src/refs.ts';
import { defineStage } from '../../src/stage.ts';
import type { AnyStage } from '../../src/stage.ts';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function expectType<Expected>() {
  return <Actual>(_value: Actual, _same: Same<Actual, Expected>): void => {};
}

const create = () => ({});
declare const size: number;
declare const sizes: number[];
const options = v.object({ gain: v.number() });
const lax = v.object({ gain: v.optional(v.number(), 1) });

const producer = defineStage({
  name: 'producer',
  outputs: {
    f32: frame('float32', [8]),
    f64: frame('float64', [8]),
    matrix: frame('float32', [2, 4]),
    scalar: frame('float32', []),
    anyLength: frame('float32', [size]),
    anyShape: frame('float32', sizes),
    text: message<string>(),
    cat: message<{ name: string; lives: number }>(),
    untyped: message(),
  },
  create,
});

const consumer = defineStage({
  name: 'consumer',
  inputs: {
    f32: frame('float32', [8]),
    f64: frame('float64', [8]),
    matrix: frame('float32', [2, 4]),
    scalar: frame('float32', []),
    anyLength: frame('float32', [size]),
    anyShape: frame('float32', sizes),
    text: message<string>(),
    named: message(v.object({ name: v.string() })),
    untyped: message(),
  },
  create,
});

const scaled = defineStage({ name: 'scaled', options, inputs: { a: frame('float32', [8]) }, create });
const laxStage = defineStage({ name: 'lax', options: lax, create });
const computed = defineStage({
  name: 'computed',
  options,
  inputs: ({ gain }) => ({ a: frame('float32', [gain]) }),
  outputs: ({ gain }) => ({ b: frame('float32', [2, gain]) }),
  create,
});

const g = graph('types');
const from = g.stage('producer', producer);
const to = g.stage('consumer', consumer, { tick: { hz: 10, phase: 'export' }, worker: { group: 'a' } });

// References are typed by the ports.
expectType<OutRef<FramePort<'float32', readonly [8]>>>()(from.out.f32, true);
expectType<InRef<MessagePort<string>>>()(to.in.text, true);
// @ts-expect-error -- no such output
void from.out.nothing;
// @ts-expect-error -- no such input
void from.in.f32;

// Options: wanted where the schema wants them, typed, and refused where the stage has none.
g.stage('a', scaled, { options: { gain: 2 } });
g.stage('b', laxStage);
g.stage('c', laxStage, { options: { gain: 2 } });
g.stage('d', producer, { supervision: { strategy: 'resume' }, worker: 'main' });
// @ts-expect-error -- options are missing
g.stage('e', scaled);
// @ts-expect-error -- options are missing
g.stage('f', scaled, { worker: 'main' });
// @ts-expect-error -- a string is no gain
g.stage('g', scaled, { options: { gain: '2' } });
// @ts-expect-error -- the producer has no options
g.stage('h', producer, { options: { gain: 2 } });
// @ts-expect-error -- no such phase
g.stage('i', producer, { tick: { hz: 10, phase: 'later' } });
// @ts-expect-error -- no such placement
g.stage('j', producer, { worker: 'anywhere' });
// @ts-expect-error -- not a stage
g.stage('k', { name: 'k', create });

// Ports of one type connect.
g.connect(from.out.f32, to.in.f32, { capacity: 64, overflow: 'block' });
g.connect(from.out.f64, to.in.f64);
g.connect(from.out.matrix, to.in.matrix);
g.connect(from.out.scalar, to.in.scalar);
g.connect(from.out.text, to.in.text);
g.connect(from.out.cat, to.in.named, { back: true, overflow: 'latest' });

// @ts-expect-error -- another dtype
g.connect(from.out.f32, to.in.f64);
// @ts-expect-error -- another rank
g.connect(from.out.f32, to.in.matrix);
// @ts-expect-error -- a vector is no scalar
g.connect(from.out.f32, to.in.scalar);
// @ts-expect-error -- a scalar is no vector
g.connect(from.out.scalar, to.in.f32);
// @ts-expect-error -- a frame is no message
g.connect(from.out.f32, to.in.text);
// @ts-expect-error -- a frame is no message, not even an untyped one
g.connect(from.out.f32, to.in.untyped);
// @ts-expect-error -- a message is no frame
g.connect(from.out.text, to.in.f32);
// @ts-expect-error -- an untyped message is no frame either
g.connect(from.out.untyped, to.in.f32);
// @ts-expect-error -- values of another type
g.connect(from.out.text, to.in.named);
// @ts-expect-error -- values of another type
g.connect(from.out.cat, to.in.text);
// @ts-expect-error -- from an input
g.connect(to.in.f32, to.in.f32);
// @ts-expect-error -- to an output
g.connect(from.out.f32, from.out.f32);
// @ts-expect-error -- no such policy
g.connect(from.out.f32, to.in.f32, { overflow: 'maybe' });

// Sizes of the same kind but another number.
const wide = defineStage({ name: 'wide', inputs: { a: frame('float32', [16]) }, create });
const atWide = g.stage('wide', wide);
// @ts-expect-error -- another size
g.connect(from.out.f32, atWide.in.a);

// Sizes that are only known at run time go with any, and are compared by `compile`; a rank that is known
// counts.
g.connect(from.out.anyLength, to.in.f32);
g.connect(from.out.f32, to.in.anyLength);
g.connect(from.out.anyShape, to.in.matrix);
g.connect(from.out.scalar, to.in.anyShape);
// @ts-expect-error -- the rank is known to differ
g.connect(from.out.anyLength, to.in.matrix);
const atComputed = g.stage('computed', computed, { options: { gain: 8 } });
g.connect(from.out.f32, atComputed.in.a);
g.connect(atComputed.out.b, to.in.matrix);
// @ts-expect-error -- another rank
g.connect(atComputed.out.b, to.in.f32);
// @ts-expect-error -- another dtype
g.connect(from.out.f64, atComputed.in.a);

// An untyped message port goes with any.
g.connect(from.out.text, to.in.untyped);
g.connect(from.out.untyped, to.in.untyped);
g.connect(from.out.untyped, to.in.named);

// Stages of unknown ports, as a loader of graphs has them.
declare const unknownStage: AnyStage;
const loaded = g.stage('loaded', unknownStage);
const [loadedIn, loadedOut] = [loaded.in['x'], loaded.out['y']];
if (loadedIn !== undefined && loadedOut !== undefined) {
  g.connect(from.out.f32, loadedIn);
  g.connect(loadedOut, to.in.text);
}
declare const unknownOut: OutRef;
declare const unknownIn: InRef;
g.connect(unknownOut, unknownIn);
g.connect(unknownOut, to.in.f32);
g.connect(from.out.text, unknownIn);

// Boundary ports.
expectType<InputRef<FramePort<'float32', readonly [8]>>>()(g.input('samples', to.in.f32), true);
expectType<OutputRef<MessagePort<string>>>()(
  g.output('text', from.out.text, { overflow: 'dropOldest' }),
  true,
);
// @ts-expect-error -- an output is no way in
g.input('wrong', from.out.f32);
// @ts-expect-error -- an input is no way out
g.output('wrong', to.in.f32);
// @ts-expect-error -- a boundary edge is never a back-edge
g.output('wrong', from.out.f32, { back: true });

// Graph files.
expectType<Promise<Graph>>()(graph.load('x.toml', { allow: ['@troupe/stages'] }), true);
expectType<Promise<Graph>>()(graph.parse('format = 1', { at: 'x.toml' }), true);
expectType<Promise<string>>()(g.toToml({ at: 'x.toml' }), true);
// @ts-expect-error -- a text needs a place: modules are named relative to it
await graph.parse('format = 1');
// @ts-expect-error -- allowed by name, each by its own
await graph.load('x.toml', { allow: '@troupe/stages' });
