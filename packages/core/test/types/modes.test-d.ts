// Compiled by the type check, never run: each `@ts-expect-error` is a program that must not compile.
import { createMachine } from 'xstate';
import { graph } from '../../src/graph.ts';
import { modeMachine } from '../../src/modes/machine.ts';
import { defineStage } from '../../src/stage.ts';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function expectType<Expected>() {
  return <Actual>(_value: Actual, _same: Same<Actual, Expected>): void => {};
}

export const learner = defineStage({
  name: 'learner',
  activeIn: ['training'],
  create: ({ modes }) => ({
    onMode(mode) {
      expectType<string>()(mode, true);
      expectType<string>()(modes.current, true);
      modes.end();
      modes.end(new Error('it does not learn'));
    },
  }),
});

const g = graph('modes');
g.stage('a', learner, { activeIn: ['training', 'recording'], whileInactive: 'latest' });
// @ts-expect-error -- no such policy
g.stage('b', learner, { whileInactive: 'keep' });

const run = await g.start({ modes: { machine: modeMachine, graceMs: 100 } });
await g.start({ modes: { machine: createMachine({ initial: 'a', states: { a: {} } }) } });
// @ts-expect-error -- not a machine
await g.start({ modes: { machine: { initial: 'a' } } });

expectType<string>()(run.modes.state, true);
expectType<Promise<void>>()(run.modes.request('training', { timeoutMs: 10, cause: 'why not' }), true);
expectType<'entered' | 'refused' | 'failed' | undefined>()(run.modes.log[0]?.outcome, true);
run.modes.state$.subscribe((mode) => expectType<string>()(mode, true));
// @ts-expect-error -- the mode is asked for, not set
run.modes.state = 'training';
