import {
  allocateMessageRing,
  allocateTapControl,
  Gauges,
  MessageTap,
  MessageWriter,
  TapControl,
} from '@troupe/mailbox';
import { expect, it } from 'vitest';
import { compile, defineStage, graph, message } from '@troupe/core';
import { machineTime } from '../../src/executor/thread-time.ts';
import { BoundaryInput } from '../../src/run/boundary-input.ts';
import { allocateRun } from '../../src/run/memory.ts';

const takes = defineStage({
  name: 'takes',
  inputs: { in: message<unknown>() },
  create: () => ({ onInput: () => undefined }),
});

it('an input that nobody watches any more writes for nobody', () => {
  const g = graph('watched');
  g.input('in', g.stage('takes', takes, { worker: 'main' }).in.in);
  const plan = compile(g);
  const shared = allocateRun(plan);
  const [input] = plan.inputs;
  const [edge] = plan.edges;
  const [ring] = shared.rings;
  if (input === undefined || edge === undefined || ring === undefined) throw new Error('no input');
  const boundary = new BoundaryInput({
    plan: input,
    writer: new MessageWriter(ring),
    edge,
    schema: undefined,
    gauges: new Gauges(shared.gauges).edge(0),
    nowMs: () => 0,
    timeNs: () => 0,
    isHeld: false,
    time: machineTime,
    wake: () => undefined,
  });
  const watchers = [0, 1].map((id) => {
    const tapRing = allocateMessageRing({ capacity: 4, bytesMax: 64, arenaBytes: 1_024 });
    const control = new TapControl(allocateTapControl());
    // Nothing is asked for: all that comes is counted.
    boundary.watch(new MessageTap(id, { ring: tapRing, control: control.memory }, true, []));
    return control;
  });
  boundary.tryPush('both', undefined);
  boundary.unwatch(0);
  boundary.unwatch(7);
  boundary.tryPush('one', undefined);
  boundary.unwatch(1);
  boundary.tryPush('none', undefined);
  expect(watchers.map(({ passed }) => passed)).toEqual([1, 2]);
});
