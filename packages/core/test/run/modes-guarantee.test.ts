import fc from 'fast-check';
import { expect, test } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import { graph } from '@troupe/core';
import type { Placement, Run, StageSettings, WhileInactive } from '@troupe/core';
import { ioModal, modal, modalSource, Watch } from '../fixtures/modal.ts';
import type { Deed, ModalOptions } from '../fixtures/modal.ts';
import { expectSoundLog } from '../modes/sound-log.ts';
import { until } from './deadline.ts';

const modes = ['idle', 'recording', 'training', 'predicting'];

/** Compute, `io` and main, alone and together, on ticks and on demand. */
const places: readonly StageSettings[] = [
  { worker: { group: 'a' } },
  { worker: { group: 'b' } },
  { worker: { group: 'c' } },
  { worker: 'main' },
  { worker: { group: 'a' } },
  { worker: { group: 'b' }, tick: { hz: 500 } },
  { worker: { group: 'a' } },
];
const asyncStages = [2, 3];
const deadly = ['exit', 'hang', 'never'] as const;
const pushable = [0, 1, 2, 3, 4];
/** Nothing can end a handler on main. */
const onMain = 3;

type Active = readonly (readonly string[] | null)[];
type Policies = readonly WhileInactive[];

interface World {
  readonly run: Run;
  readonly watch: Watch;
  readonly asked: Promise<string>[];
}

async function start(activeIn: Active, policies: Policies): Promise<World> {
  const memory = Watch.allocate();
  const settings = (index: number): StageSettings<ModalOptions> & { readonly options: ModalOptions } => {
    const active = activeIn[index] ?? undefined;
    const whileInactive = policies[index];
    return {
      ...places[index],
      ...(active && { activeIn: active }),
      ...(active && whileInactive && { whileInactive }),
      // Only a change of mode ends what hangs here.
      supervision: { triesMax: 2, restartsMax: 10_000, backoffMs: 1, watchdogMs: 0, asyncWatchdogMs: 0 },
      options: { memory, index, activeIn, takesMs: asyncStages.includes(index) ? 2 : 0 },
    };
  };
  const g = graph('modal');
  const refs = pushable.map((index) =>
    g.stage(`s${index}`, asyncStages.includes(index) ? ioModal : modal, settings(index)),
  );
  for (const [index, ref] of refs.entries()) g.input(`in${index}`, ref.in.in, { capacity: 16 });
  g.stage('s5', modal, settings(5));
  const source = g.stage('s6', modalSource, settings(6));
  // A stream that flows on and on, into a stage with other modes.
  if (refs[1] !== undefined) g.connect(source.out.out, refs[1].in.in, { overflow: 'latest' });
  const run = await g.start({
    modes: { graceMs: 150 },
    replacements: { max: 1_000, withinMs: 10_000 },
    onLog: () => undefined,
  });
  return { run, watch: new Watch(memory), asked: [] };
}

function ask({ run, asked }: World, mode: string, timeoutMs?: number): Promise<string> {
  const asking = run.modes.request(mode, timeoutMs === undefined ? {} : { timeoutMs }).then(
    () => 'entered',
    (error: { readonly code: string }) => error.code,
  );
  asked.push(asking);
  return asking;
}

interface Move {
  readonly make: (world: World) => unknown;
  toString(): string;
}

function named(name: string, make: Move['make']): Move {
  return { make, toString: () => name };
}

const mode = fc.constantFrom(...modes);
const deed = fc.constantFrom<(Deed | undefined)[]>(
  ...([undefined, undefined, undefined, 'linger', 'throw', 'throw', 'end', 'fail'] as const),
  ...deadly,
);
const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 4, arbitrary: mode.map((to) => named(`ask ${to}`, (world) => void ask(world, to))) },
  { weight: 2, arbitrary: mode.map((to) => named(`await ${to}`, (world) => ask(world, to))) },
  { weight: 1, arbitrary: mode.map((to) => named(`ask ${to} in 5 ms`, (world) => void ask(world, to, 5))) },
  {
    weight: 12,
    arbitrary: fc.tuple(fc.constantFrom(...pushable), deed).map(([index, what]) => {
      const done = index === onMain && deadly.some((end) => end === what) ? undefined : what;
      return named(`push ${index} ${done ?? ''}`, ({ run }) =>
        run.tryPush(`in${index}`, { n: 0, ...(done && { deed: done }) }),
      );
    }),
  },
  {
    weight: 1,
    arbitrary: fc.boolean().map((isFailed) =>
      named(isFailed ? 'fail' : 'end', ({ run }) => {
        run.modes.end(isFailed ? new Error('no') : undefined).catch(() => undefined);
      }),
    ),
  },
  { weight: 3, arbitrary: fc.constant(named('wait', () => sleep(3))) },
);

const active = fc.array(fc.option(fc.subarray(modes, { minLength: 1, maxLength: 2 }), { freq: 6 }), {
  minLength: places.length,
  maxLength: places.length,
});
const policies: fc.Arbitrary<Policies> = fc.array(fc.constantFrom('drop', 'hold', 'latest'), {
  minLength: places.length,
  maxLength: places.length,
});

async function play(world: World, moves: readonly Move[], isStopped: boolean): Promise<void> {
  const { run, watch, asked } = world;
  for (const { make } of moves) {
    await make(world);
    expect(watch.violations()).toBe('none');
  }
  // Whatever has happened, the run goes on: each mode can be entered.
  const tour = isStopped ? [] : ['idle', 'training', 'idle', 'recording', 'idle', 'predicting'];
  // Main may be late on a busy machine; then the change fails, and can be asked for again.
  for (const to of tour) await until(`${to} is entered`, async () => (await ask(world, to)) === 'entered');
  expect(run.modes.state).toBe(tour.at(-1) ?? run.modes.state);
  const stopping = run.stop();
  const results = await Promise.all(asked);
  await stopping;
  expect(watch.violations()).toBe('none');
  const known = [
    'entered',
    'MODE_REFUSED',
    'MODE_TIMEOUT',
    'MODE_CHANGE',
    ...(isStopped ? ['RUN_STOPPED'] : []),
  ];
  for (const result of results) expect(known).toContain(result);
  expectSoundLog(run.modes.log);
}

test('random requests, failures, deaths and stops on real threads keep the guarantee', async () => {
  const runs = fc.asyncProperty(
    active,
    policies,
    fc.array(move, { minLength: 10, maxLength: 60, size: 'max' }),
    fc.boolean(),
    async (activeIn, chosen, moves, isStopped) => {
      const world = await start(activeIn, chosen);
      try {
        await play(world, moves, isStopped);
      } finally {
        await world.run.stop();
      }
    },
  );
  await fc.assert(runs, { numRuns: 12, endOnFailure: true });
}, 240_000);

test('the check can fail: stages of one mode, told that they are of different ones', async () => {
  const memory = Watch.allocate();
  const g = graph('liars');
  const activeIn = [['training'], ['predicting']];
  const options = { memory, activeIn, takesMs: 20 };
  const place = (group: string): { readonly worker: Placement } => ({ worker: { group } });
  const a = g.stage('a', modal, { ...place('a'), options: { ...options, index: 0 } });
  const b = g.stage('b', modal, { ...place('b'), options: { ...options, index: 1 } });
  g.input('a', a.in.in);
  g.input('b', b.in.in);
  await using run = await g.start();
  await run.modes.request('training');
  const watch = new Watch(memory);
  for (let i = 0; i < 20; i++) for (const to of ['a', 'b']) await run.push(to, { n: i });
  await until('one starts while the other runs', () => watch.violations() !== 'none');
  expect(watch.violations()).toMatch(/started while/);
});
