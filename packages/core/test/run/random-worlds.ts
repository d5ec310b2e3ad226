import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { defineStage, frame, graph, message } from '@troupe/core';
import type {
  ClockKind,
  ControlOptions,
  Graph,
  Overflow,
  Phase,
  Placement,
  Run,
  WhileInactive,
} from '@troupe/core';
import { ioRestless, poser, restless, wildPoser } from '../fixtures/restless.ts';

/** A stage of a random graph that may use everything there is. */
const member = fc.record({
  isIo: fc.boolean(),
  salt: fc.integer(),
  copies: fc.integer({ min: 1, max: 3 }),
  temper: fc.constantFrom(0, 0, 0, 5, 9),
  forgives: fc.boolean(),
  strategy: fc.constantFrom('resume' as const, 'restart' as const),
  snapshotEveryMs: fc.constantFrom(1, 3, 1000),
  tick: fc.option(
    fc.record({
      hz: fc.constantFrom(100, 250, 1000 / 3),
      phase: fc.constantFrom<Phase>('acquisition', 'control', 'physics', 'export'),
      priority: fc.integer({ min: -1, max: 1 }),
    }),
    { nil: undefined },
  ),
  activeIn: fc.constantFrom(undefined, undefined, ['idle'], ['predicting'], ['idle', 'predicting']),
  whileInactive: fc.constantFrom<WhileInactive>('drop', 'latest', 'hold'),
  needsGpu: fc.boolean(),
  feeds: fc.array(
    fc.record({
      port: fc.constantFrom('a' as const, 'value' as const),
      from: fc.integer({ min: 0, max: 1000 }),
      overflow: fc.constantFrom<Overflow>('block', 'block', 'latest', 'dropOldest', 'dropNewest'),
      capacity: fc.integer({ min: 3, max: 9 }),
    }),
    { minLength: 1, maxLength: 3 },
  ),
});

/** What the application does in the step in which its stage ticks for the `index`-th time. */
const deed = fc.record({
  index: fc.integer({ min: 1, max: 7 }),
  kind: fc.constantFrom('set', 'reset', 'rate', 'push', 'predicting', 'idle'),
  of: fc.integer({ min: 0, max: 1000 }),
});

export type Deed = typeof deed extends fc.Arbitrary<infer T> ? T : never;

export const world = fc.record({
  members: fc.array(member, { minLength: 1, maxLength: 5 }),
  deeds: fc.array(deed, { maxLength: 6 }),
  /** Which of the members an event controls, if any. */
  controlled: fc.integer({ min: 0, max: 7 }),
  form: fc.constantFrom<ControlOptions['form']>('switchable', 'toggleable'),
});

export type World = typeof world extends fc.Arbitrary<infer T> ? T : never;

interface Built {
  readonly g: ReturnType<typeof graph>;
  readonly outputs: readonly string[];
  /** Tells the stage that acts for the application of its run. */
  readonly enter: (run: Run) => void;
}

/**
 * The application, as a stage on main: what it asks for in a step takes effect at the boundary behind it,
 * in every run of the same graph.
 */
function actorOf({ deeds, members }: World) {
  let tell: (run: Run) => void = () => undefined;
  const entered = new Promise<Run>((resolve) => (tell = resolve));
  const act = (run: Run, { kind, of }: Deed): void => {
    const forget = (doing: Promise<unknown>): void => void doing.catch(() => undefined);
    if (kind === 'set') forget(run.events.set('go'));
    else if (kind === 'reset') forget(run.events.reset('go'));
    else if (kind === 'push') run.tryPush('in', { hash: of });
    else if (kind === 'rate') {
      const ticking = members.flatMap(({ tick }, at) => (tick === undefined ? [] : `n${at}`));
      if (ticking.length > 0) forget(run.setRate(ticking[of % ticking.length] as string, 50 + (of % 7) * 50));
    } else forget(run.modes.request(kind));
  };
  const stage = defineStage({
    name: 'application',
    io: true,
    outputs: { out: message<{ readonly hash: number }>() },
    create: () => ({
      async onTick({ index }) {
        const run = await entered;
        for (const one of deeds) if (one.index === index) act(run, one);
        // A request comes to the boundary after some turns of promises, on a busy machine of the loop.
        for (let i = 0; i < 20; i++) await turn();
      },
    }),
  });
  return { stage, enter: tell };
}

/** `isWild`: what leads the world is a matter of chance, and only a recording can tell. */
function build(world: World, worker: Placement, isWild: boolean): Built {
  const g = graph('world');
  const { members, controlled, form } = world;
  const base = g.runner('base', { hz: 200 });
  const go = g.event('go', { initial: true });
  const pose = g.latch('pose', frame('float64', [1]));
  const leading = { tick: { runner: base }, latches: { pose }, worker };
  const lead = isWild
    ? g.stage('lead', wildPoser, { ...leading, events: { go } })
    : g.stage('lead', poser, leading);
  const { stage, enter } = actorOf(world);
  const application = g.stage('application', stage, { worker: 'main', tick: { runner: base } });
  g.terminate(application.out.out);
  const common = { events: { go }, latches: { pose } };
  const mood = { salt: 3, copies: 1, temper: 0, forgives: false };
  const seed = g.stage('seed', restless, { ...common, options: mood, worker });
  g.connect(lead.out.out, seed.in.a);
  g.input('in', seed.in.value, { capacity: 16 });
  const refs = members.map((each, at) => {
    const { isIo, salt, copies, temper, forgives, strategy, snapshotEveryMs, tick, whileInactive } = each;
    const isControlled = at === controlled;
    const settings = {
      ...common,
      options: { salt, copies, temper, forgives },
      worker,
      snapshotEveryMs,
      whileInactive,
      supervision: { strategy, triesMax: 2, backoffMs: 1, backoffMaxMs: 1, restartsMax: 100_000 },
      ...(tick === undefined ? {} : { tick }),
      ...(each.activeIn === undefined ? {} : { activeIn: each.activeIn }),
      ...(each.needsGpu ? { resources: ['gpu'] } : {}),
      ...(isControlled ? { control: { form, event: go } } : {}),
    };
    return g.stage(`n${at}`, isIo ? ioRestless : restless, settings);
  });
  const all = [seed, ...refs];
  members.forEach(({ feeds }, at) => {
    const ref = refs[at] as (typeof refs)[number];
    const fed = new Set<string>();
    for (const { port, from, overflow, capacity } of [
      { port: 'a' as const, from: 0, overflow: 'block' as const, capacity: 8 },
      { port: 'value' as const, from: 0, overflow: 'block' as const, capacity: 8 },
      ...feeds,
    ]) {
      const giver = from % all.length;
      if (fed.has(`${port} ${giver}`)) continue;
      fed.add(`${port} ${giver}`);
      const back = giver > at;
      // What goes round may be multiplied on its way: it is bounded by what such an edge keeps.
      const kept = back && overflow === 'block' ? 'dropNewest' : overflow;
      const out = (all[giver] as typeof seed).out;
      const how = { overflow: kept, capacity, back };
      if (port === 'a') g.connect(out.out, ref.in.a, how);
      else g.connect(out.value, ref.in.value, how);
    }
  });
  const outputs = refs.flatMap((ref, at) => {
    g.output(`n${at}-out`, ref.out.out, { capacity: 64 });
    g.output(`n${at}-value`, ref.out.value, { capacity: 64 });
    return [`n${at}-out`, `n${at}-value`];
  });
  return { g, outputs, enter };
}

/** The graph of a wild world, and a recording of a run of it. */
export async function record(
  world: World,
  options: { readonly workers: number; readonly clock: ClockKind; readonly path: string },
): Promise<Graph> {
  await Promise.all([import('../../src/modes/rules.ts'), import('../../src/modes/machine.ts')]);
  const { g, outputs, enter } = build(world, 'auto', true);
  const { path, ...how } = options;
  const run = await g.start({
    ...how,
    seed: 7,
    durationMs: 40,
    mailboxMax: 4_096,
    record: path,
    onLog: () => undefined,
  });
  for (const name of outputs) run.onSample(name, () => undefined);
  enter(run);
  // How it has ended is in the recording.
  await run.done.catch(() => undefined);
  return g;
}

/** Everything that a graph gives, bit for bit, with its dead letters; or the code of what it failed with. */
export async function live(
  world: World,
  workers: number,
  worker: Placement,
  clock: ClockKind,
): Promise<string> {
  // What is loaded when a mode is first asked for takes no part in this.
  await Promise.all([import('../../src/modes/rules.ts'), import('../../src/modes/machine.ts')]);
  const { g, outputs, enter } = build(world, worker, false);
  const run = await g.start({
    workers,
    clock,
    seed: 7,
    durationMs: 40,
    mailboxMax: 4_096,
    onLog: () => undefined,
  });
  enter(run);
  const failed = run.done.then(
    () => '',
    (error: { readonly code?: string; readonly message: string }) => `failed: ${error.code} ${error.message}`,
  );
  const texts = await Promise.all(
    outputs.map(async (name) => {
      const lines: string[] = [];
      try {
        for await (const { frame, value, seq, time } of run.samples(name)) {
          const bits =
            frame === undefined ? JSON.stringify(value) : Buffer.from(frame.buffer).toString('hex');
          lines.push(`${seq} ${time} ${bits}`);
        }
      } catch {
        // `done` says what it was.
      }
      return `${name}\n${lines.join('\n')}`;
    }),
  );
  const failure = await failed;
  if (failure !== '') return failure;
  const letters = run.deadLetters().map(({ stage, port, seq, time }) => `${stage} ${port} ${seq} ${time}`);
  return [...texts, `letters\n${letters.toSorted().join('\n')}`].join('\n');
}
