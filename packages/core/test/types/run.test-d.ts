// Compiled by the type check, never run: each `@ts-expect-error` is a program that must not compile.
import type { FrameArray } from '@troupe/mailbox';
import * as v from 'valibot';
import { graph } from '../../src/graph.ts';
import { frame, message } from '../../src/ports.ts';
import { defineStage } from '../../src/stage.ts';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function expectType<Expected>() {
  return <Actual>(_value: Actual, _same: Same<Actual, Expected>): void => {};
}

const sampleSource = defineStage({
  module: import.meta.url,
  name: 'sampleSource',
  outputs: { samples: frame('float32', [8]) },
  create: () => ({}),
});

const scale = defineStage({
  module: import.meta.url,
  name: 'scale',
  inputs: {
    samples: frame('float32', [8]),
    control: message<{ gain: number }>(undefined, { optional: true }),
  },
  outputs: { doubled: frame('float32', [8]), spoken: message<string>() },
  options: v.object({ gain: v.number() }),
  create: () => ({}),
});

// The architecture's example, as printed.
const g = graph('radar');
const source = g.stage('source', sampleSource, { tick: { hz: 100, phase: 'acquisition' } });
const scaled = g.stage('scale', scale, { options: { gain: 2 } });
g.connect(source.out.samples, scaled.in.samples, { capacity: 64, overflow: 'block' });
g.output('doubled', scaled.out.doubled);

await using run = await g.start({ workers: 2 });
for await (const sample of run.samples('doubled')) {
  expectType<FrameArray>()(sample.frame, true);
  expectType<number>()(sample.seq, true);
}

// The reference that `output` returns in place of the name types the sample.
const doubled = g.output('typed', scaled.out.doubled);
const spoken = g.output('spoken', scaled.out.spoken);

for await (const sample of run.samples(doubled)) expectType<Float32Array>()(sample.frame, true);
const pulled = await run.pull(doubled, { timeoutMs: 10 });
expectType<Float32Array | undefined>()(pulled?.frame, true);
const said = await run.pullOrThrow(spoken);
expectType<string>()(said.value, true);
expectType<undefined>()(said.frame, true);
expectType<Float32Array | undefined>()(run.tryPull(doubled)?.frame, true);
run.samples$(spoken).subscribe((sample) => expectType<string>()(sample.value, true));
run.onSample(doubled, (sample) => expectType<Float32Array>()(sample.frame, true));
run.onSample('doubled', (sample) => expectType<FrameArray>()(sample.frame, true));

// The same for what goes in.
const samplesIn = g.input('samples', scaled.in.samples);
const control = g.input('control', scaled.in.control);
await run.push(samplesIn, new Float32Array(8), { timeoutMs: 10 });
await run.push('samples', new Float32Array(8));
run.tryPush(control, { gain: 3 });
// @ts-expect-error -- another dtype
await run.push(samplesIn, new Float64Array(8));
// @ts-expect-error -- a value of another type
run.tryPush(control, { gain: 'loud' });
// @ts-expect-error -- nothing comes out of an input
await run.pull(samplesIn);
// @ts-expect-error -- nothing goes into an output
await run.push(doubled, new Float32Array(8));

// Rates are set of stages, by reference or name, and of runners.
await run.setRate(scaled, 50);
await run.setRate('scale', 50);
await run.setRate(g.runner('control', { hz: 100 }), 50);
// @ts-expect-error -- a port does not tick
await run.setRate(scaled.out.doubled, 50);

// References of ports are names of ports.
run.tap(scaled.out.doubled, () => {});
run.tap({ input: samplesIn }, ({ latencyNs }) => {
  latencyNs satisfies number | undefined;
});
// @ts-expect-error -- nothing is pushed into an output
run.tap({ input: doubled }, () => {});
