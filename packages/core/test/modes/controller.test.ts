import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ModeController } from '../../src/modes/controller.ts';
import { modeMachine } from '../../src/modes/machine.ts';
import { rulesOf } from '../../src/modes/rules.ts';
import { FakeThreads } from './fake-threads.ts';
import type { ActorSpec } from './fake-threads.ts';
import { expectSoundLog } from './sound-log.ts';

const graceMs = 100;
const modes = ['idle', 'recording', 'training', 'predicting'];
const rules = rulesOf(modeMachine);
interface Asked {
  readonly mode: string;
  result: string | undefined;
}

/** A controller over threads that do nothing until they are made to. */
class Rig {
  readonly host: FakeThreads;
  readonly controller: ModeController;
  readonly asked: Asked[] = [];
  readonly entered: string[] = [];
  isStopped = false;

  constructor(specs: readonly (readonly ActorSpec[])[]) {
    this.host = new FakeThreads('idle', specs);
    this.controller = new ModeController({
      initial: 'idle',
      host: this.host,
      rules: async () => rules,
      graceMs,
      atBoundary: async (change) => change(),
      onEntered: (mode) => this.entered.push(mode),
    });
  }

  ask(mode: string, timeoutMs?: number): void {
    const asked: Asked = { mode, result: undefined };
    this.asked.push(asked);
    this.controller.request(mode, timeoutMs === undefined ? {} : { timeoutMs }).then(
      () => (asked.result = this.controller.mode === mode ? 'entered' : `wrong: ${this.controller.mode}`),
      (error: { code: string }) => (asked.result = error.code),
    );
  }

  stop(): void {
    this.isStopped = true;
    this.controller.stop(undefined);
  }

  /** Everything comes to its end, though no time passes. */
  async calm(): Promise<void> {
    await turn();
    while (this.host.calm()) await turn();
  }
}

/** Lets the controller do all it can. */
async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

type Action = (rig: Rig) => void;

const thread = fc.nat({ max: 2 });
const actor = fc.nat({ max: 3 });
const mode = fc.constantFrom(...modes);
const act = (name: string, run: Action): { run: Action; toString(): string } => ({
  run,
  toString: () => name,
});

const action = fc.oneof(
  { weight: 3, arbitrary: mode.map((to) => act(`ask ${to}`, (rig) => rig.ask(to))) },
  { weight: 1, arbitrary: mode.map((to) => act(`ask ${to} in time`, (rig) => rig.ask(to, graceMs / 2))) },
  {
    weight: 6,
    arbitrary: fc
      .tuple(thread, actor)
      .map(([t, a]) => act(`start ${t}.${a}`, ({ host }) => void host.start(t, a))),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(thread, actor)
      .map(([t, a]) => act(`settle ${t}.${a}`, ({ host }) => void host.settle(t, a))),
  },
  { weight: 6, arbitrary: thread.map((t) => act(`receive ${t}`, ({ host }) => void host.receive(t))) },
  {
    weight: 6,
    arbitrary: fc.constant(
      act('receive all', ({ host }) => {
        for (const index of host.threads) while (host.receive(index));
      }),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.constant(
      act('start all', ({ host }) => {
        for (const index of host.threads) for (let at = 0; at < 4; at++) host.start(index, at);
      }),
    ),
  },
  {
    weight: 3,
    // What hangs on main is what nothing can end.
    arbitrary: fc.constant(
      act('settle all on workers', ({ host }) => {
        for (const index of [1, 2]) for (let at = 0; at < 4; at++) host.settle(index, at);
      }),
    ),
  },
  { weight: 1, arbitrary: fc.constant(act('the grace passes', ({ host }) => host.advance(graceMs))) },
  { weight: 1, arbitrary: thread.map((t) => act(`die ${t}`, ({ host }) => void host.die(t))) },
  { weight: 2, arbitrary: thread.map((t) => act(`revive ${t}`, ({ host }) => void host.revive(t))) },
  { weight: 1, arbitrary: fc.constant(act('time passes', ({ host }) => host.advance(graceMs / 2))) },
  {
    weight: 1,
    arbitrary: fc.boolean().map((isFailed) =>
      act(isFailed ? 'fail' : 'end', ({ controller }) => {
        const error = isFailed ? new Error('no') : undefined;
        controller.end(error, 'said so', { epoch: controller.gates.epoch }).catch(() => undefined);
      }),
    ),
  },
);

const spec = fc.record({
  activeIn: fc.option(fc.subarray(modes, { minLength: 1 }), { nil: undefined }),
  hasOnMode: fc.boolean(),
});
const specs = fc.array(fc.array(spec, { minLength: 1, maxLength: 4 }), { minLength: 3, maxLength: 3 });

describe('any interleaving of requests, handlers, deaths and time', () => {
  test('keeps the guarantee, and settles every request', async () => {
    const runs = fc.asyncProperty(
      specs,
      fc.array(action, { size: 'max', maxLength: 150 }),
      fc.option(fc.nat({ max: 150 })),
      async (given, actions, stopAt) => {
        const rig = new Rig(given);
        for (const [at, { run }] of actions.entries()) {
          if (at === stopAt) rig.stop();
          run(rig);
          await turn();
          expect(rig.host.violations).toEqual([]);
        }
        await rig.calm();
        expect(rig.host.violations).toEqual([]);
        const results = rig.asked.map(({ result }) => result);
        const known = ['entered', 'MODE_REFUSED', 'MODE_TIMEOUT', 'MODE_CHANGE'];
        for (const result of results)
          expect(rig.isStopped ? [...known, 'RUN_STOPPED'] : known).toContain(result);
        if (rig.isStopped) return;
        expect(expectSoundLog(rig.controller.log)).toEqual(['idle', ...rig.entered]);
        // Every thread ends in the mode that holds, with its gates open.
        const { mode: last, gates } = rig.controller;
        expect(gates).toMatchObject({ mode: last, other: undefined });
        for (const state of rig.host.states()) expect(state).toMatchObject({ mode: last, other: undefined });
      },
    );
    await fc.assert(runs, { numRuns: 1_000 });
  }, 120_000);

  test('the check can fail: threads that open their gates too soon', async () => {
    const rig = new Rig([
      [{ activeIn: ['training'], hasOnMode: false }],
      [{ activeIn: ['predicting'], hasOnMode: false }],
      [],
    ]);
    rig.ask('training');
    await rig.calm();
    rig.host.start(0, 0);
    void rig.host.tell(1, { step: 1_000, epoch: 9, mode: 'predicting', other: undefined });
    while (rig.host.receive(1));
    rig.host.start(1, 0);
    expect(rig.host.violations).toEqual(['training while predicting starts']);
  });
});

describe('one change', () => {
  const trainer: ActorSpec = { activeIn: ['training'], hasOnMode: false };
  const predictor: ActorSpec = { activeIn: ['predicting'], hasOnMode: true };
  const both: ActorSpec = { activeIn: ['training', 'predicting'], hasOnMode: false };

  async function predicting(specsOf: readonly (readonly ActorSpec[])[]): Promise<Rig> {
    const rig = new Rig(specsOf);
    rig.ask('predicting');
    await rig.calm();
    expect(rig.controller.mode).toBe('predicting');
    return rig;
  }

  /** On the way from idle to predicting, with `onMode` on main in hand and thread 2 not told of it. */
  async function lateWithOnMode(): Promise<{ readonly rig: Rig; readonly host: FakeThreads }> {
    const always: ActorSpec = { activeIn: undefined, hasOnMode: false };
    const shared: ActorSpec = { activeIn: ['predicting', 'recording'], hasOnMode: false };
    const rig = new Rig([[{ ...always, hasOnMode: true }], [shared], [always]]);
    const { host } = rig;
    host.start(0, 0);
    host.settle(0, 0);
    rig.ask('predicting');
    await turn();
    for (const index of host.threads) host.receive(index);
    await turn();
    for (const index of [0, 1]) host.receive(index);
    host.start(0, 0);
    await turn();
    host.advance(graceMs);
    await turn();
    expect([rig.asked[0]?.result, rig.controller.mode]).toEqual(['MODE_CHANGE', 'idle']);
    expect(rig.controller.gates).toMatchObject({ mode: 'predicting', other: 'idle' });
    return { rig, host };
  }

  test('waits for what runs, then tells the mode, then opens; what runs in both runs on', async () => {
    const rig = await predicting([[], [predictor, both], [trainer]]);
    const { host } = rig;
    host.start(1, 0);
    rig.ask('training');
    await turn();
    for (const index of [0, 1, 2]) host.receive(index);
    await turn();
    expect(host.states()[1]).toMatchObject({ mode: 'predicting', other: 'training', epoch: 1 });
    expect([host.start(2, 0), host.start(1, 1)]).toEqual([false, true]);
    host.settle(1, 0);
    await turn();
    for (const index of [0, 1, 2]) host.receive(index);
    await turn();
    // `onMode` is due, and the new mode's own gates are closed until it has been called.
    expect(host.states()[2]).toMatchObject({ mode: 'training', other: 'predicting', epoch: 2 });
    expect(host.start(2, 0)).toBe(false);
    expect(rig.controller.mode).toBe('predicting');
    host.start(1, 0);
    host.settle(1, 0);
    await turn();
    expect(rig.controller.mode).toBe('training');
    expect(rig.asked[1]?.result).toBeUndefined();
    for (const index of [0, 1, 2]) host.receive(index);
    await turn();
    expect(rig.asked[1]?.result).toBe('entered');
    expect(host.start(2, 0)).toBe(true);
  });

  test('a worker that does not come to rest is replaced, as often as it takes', async () => {
    const rig = await predicting([[], [predictor], [trainer]]);
    const { host } = rig;
    host.start(1, 0);
    rig.ask('training');
    await turn();
    for (const index of [0, 1, 2]) host.receive(index);
    await turn();
    host.advance(graceMs);
    expect(host.revive(1)).toBe(true);
    await rig.calm();
    expect(rig.asked[1]?.result).toBe('entered');
  });

  test('a hung handler on main: initial mode, and nothing opens before it has settled', async () => {
    const rig = await predicting([[predictor], [{ ...trainer, activeIn: ['idle'] }], []]);
    const { host, controller } = rig;
    host.start(0, 0);
    rig.ask('training');
    await turn();
    for (const index of [0, 1, 2]) host.receive(index);
    host.advance(graceMs);
    await turn();
    expect([rig.asked[1]?.result, controller.mode]).toEqual(['MODE_CHANGE', 'idle']);
    for (const index of [0, 1, 2]) host.receive(index);
    expect(host.start(1, 0)).toBe(false);
    // The next request waits for it as well.
    rig.ask('predicting');
    await turn();
    for (const index of [0, 1, 2]) while (host.receive(index));
    host.advance(graceMs);
    await turn();
    expect(rig.asked[2]?.result).toBe('MODE_CHANGE');
    await rig.calm();
    expect(controller.gates).toMatchObject({ mode: 'idle', other: undefined });
    expect(host.start(1, 0)).toBe(true);
    expect(controller.log.map(({ outcome, to }) => `${outcome} ${to}`)).toEqual([
      'entered predicting',
      'failed idle',
      'failed idle',
    ]);
  });

  test('what main is late with is awaited before anything else is told', async () => {
    const { rig, host } = await lateWithOnMode();
    rig.ask('recording');
    await turn();
    // Thread 2 has not heard of the last mode: nothing may begin that does not go with the one before.
    for (const index of [0, 1]) while (host.receive(index));
    await turn();
    expect(host.start(1, 0)).toBe(false);
    expect(host.start(2, 0)).toBe(true);
    await rig.calm();
    expect(rig.asked.map(({ result }) => result)).toEqual(['MODE_CHANGE', 'entered']);
    expect(host.violations).toEqual([]);
  });

  test('a reopening that main is late with as well is tried again', async () => {
    const { rig, host } = await lateWithOnMode();
    const receiveAll = async (): Promise<void> => {
      for (let i = 0; i < 4; i++) {
        for (const index of host.threads) while (host.receive(index));
        await turn();
      }
    };
    host.settle(0, 0);
    // Idle is told now, and for long main does not call `onMode` with it.
    for (let i = 0; i < 3; i++) {
      await receiveAll();
      host.advance(graceMs);
      await turn();
    }
    expect(rig.controller.gates).toMatchObject({ mode: 'idle', other: 'predicting' });
    await rig.calm();
    expect(rig.controller.gates).toMatchObject({ mode: 'idle', other: undefined });
  });

  test('a request whose time is up is withdrawn before its turn, and carried through after it', async () => {
    const rig = await predicting([[], [predictor], [trainer]]);
    rig.host.start(1, 0);
    rig.ask('training', graceMs / 2);
    rig.ask('idle', graceMs / 2);
    await turn();
    rig.host.advance(graceMs / 2);
    await rig.calm();
    expect(rig.asked.slice(1).map(({ result }) => result)).toEqual(['MODE_TIMEOUT', 'MODE_TIMEOUT']);
    expect(rig.controller.mode).toBe('training');
  });

  test('a stop settles what waits, what is under way, and what comes', async () => {
    const rig = await predicting([[], [predictor], [trainer]]);
    rig.host.start(1, 0);
    rig.ask('training');
    rig.ask('idle');
    await turn();
    rig.stop();
    rig.ask('idle');
    await turn();
    expect(rig.asked.slice(1).map(({ result }) => result)).toEqual(Array(3).fill('RUN_STOPPED'));
    expect(rig.controller.mode).toBe('predicting');
  });

  test('what is said of a mode that is over ends nothing', async () => {
    const rig = await predicting([[], [predictor], [trainer]]);
    const { epoch } = rig.controller.gates;
    rig.ask('training');
    await rig.calm();
    await rig.controller.end(new Error('late'), 'late', { epoch });
    expect(rig.controller.mode).toBe('training');
    const ended = rig.controller.end(undefined, 'done', { epoch: rig.controller.gates.epoch });
    await rig.calm();
    await ended;
    expect(rig.controller.mode).toBe('idle');
  });
});

test('the log is bounded', async () => {
  const rig = new Rig([[], [], []]);
  rig.ask('training');
  await rig.calm();
  for (let i = 0; i < 1_100; i++) rig.ask('predicting');
  await rig.calm();
  expect(rig.controller.log).toHaveLength(1_000);
  expect(rig.asked.filter(({ result }) => result === 'MODE_REFUSED')).toHaveLength(1_100);
});
