import { deepStrictEqual, ok } from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { want } from '../../src/clock/turn.ts';
import { Rates } from '../../src/run/rates.ts';
import { Model } from './conductor-model.ts';
import { set } from './conductor-world.ts';
import type { Setting, Stage } from './conductor-world.ts';

const kinds = ['plain', 'slow', 'throwing', 'nested', 'rate', 'rate', 'drain', 'end'] as const;

export const deeds = fc.array(
  fc.oneof(
    { weight: 9, arbitrary: fc.record({ do: fc.constant('pump' as const) }) },
    {
      weight: 9,
      arbitrary: fc.record({
        do: fc.constant('close' as const),
        worker: fc.nat({ max: 3 }),
        wants: fc.constantFrom(0, 0, want.outside, want.back, want.again),
      }),
    },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('closeAll' as const) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('change' as const),
        kind: fc.constantFrom(...kinds),
        of: fc.nat({ max: 50 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('push' as const), input: fc.nat({ max: 1 }) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('ask' as const), worker: fc.nat({ max: 3 }) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('turn' as const) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('sleep' as const) }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('late' as const), byMs: fc.integer({ min: 0, max: 12_000 }) }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('release' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('boundary' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('die' as const), worker: fc.nat({ max: 3 }) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('shut' as const), often: fc.nat({ max: 20 }) }) },
  ),
  { maxLength: 150, size: 'max' },
);

type Deed = typeof deeds extends fc.Arbitrary<(infer T)[]> ? T : never;
type ChangeKind = (typeof kinds)[number];

/** Does to a conductor what a run's threads and its application can do, and watches what comes of it. */
export class Play {
  readonly #stage: Stage;
  readonly #model: Model;
  readonly #rates: Rates;
  /** Releases the change that is held. */
  #letGo: (() => void) | undefined;
  #asked = 0;
  #begun = 0;
  #running = 0;
  /** How often the run was told that its duration is over. */
  #ended = 0;
  readonly #outcomes: Promise<unknown>[] = [];

  constructor(setting: Setting) {
    this.#stage = set(setting);
    this.#model = new Model(setting, this.#stage);
    this.#rates = new Rates(this.#stage.plan);
    this.#stage.conductor.observe(this.#model);
  }

  async do(deed: Deed): Promise<void> {
    const { conductor, inputs, world, main } = this.#stage;
    const hadWork = conductor.hasWork();
    main.wasRung();
    if (deed.do === 'pump') this.#pump();
    else if (deed.do === 'close') this.#close(deed.worker, deed.wants);
    else if (deed.do === 'closeAll') for (let i = 0; i < 4; i++) this.#close(i, 0);
    else if (deed.do === 'change') this.#change(deed.kind, deed.of);
    else if (deed.do === 'push') (inputs[deed.input] ?? { waiting: 0 }).waiting++;
    else if (deed.do === 'ask') this.#workerAt(deed.worker)?.ask(want.outside);
    else if (deed.do === 'turn') await this.#turn();
    else if (deed.do === 'sleep') this.#sleep();
    else if (deed.do === 'late') world.nowMs += deed.byMs / 1000;
    else if (deed.do === 'release') this.#release();
    else if (deed.do === 'boundary') world.boundaryAsks = true;
    else if (deed.do === 'die') (this.#workerAt(deed.worker) ?? { isGone: false }).isGone = true;
    else if (deed.often === 0) this.#shut();
    // Main sleeps: whatever gives it work must ring it, unless it is somebody else who does.
    const rings = ['change', 'turn', 'release'].includes(deed.do);
    if (rings && !hadWork && conductor.hasWork()) deepStrictEqual(main.wasRung(), true);
  }

  /** Everybody does at last what is waited for. */
  async settle(setting: Setting): Promise<void> {
    const model = this.#model;
    const { conductor, inputs, world } = this.#stage;
    if (!model.isClosed) this.#release();
    for (let i = 0; i < 300; i++) {
      await this.#turn();
      for (let worker = 0; worker < 4; worker++) this.#close(worker, 0);
      world.nowMs += 10;
      this.#pump();
    }
    for (const outcome of this.#outcomes) await outcome;
    deepStrictEqual(this.#outcomes.length, this.#asked);
    deepStrictEqual(model.changesWaiting, 0);
    if (model.isClosed) return;
    deepStrictEqual(this.#begun, this.#asked);
    const isLeading = setting.script === undefined;
    if (isLeading)
      deepStrictEqual(
        inputs.map(({ waiting }) => waiting),
        inputs.map(() => 0),
      );
    if (isLeading && model.nextTickNs === Infinity) {
      deepStrictEqual([model.isWanted, conductor.hasWork()], [false, false]);
    }
    if (setting.durationMs < Infinity && setting.hertz.length > 0) deepStrictEqual(model.hasEnded, true);
  }

  #workerAt(index: number) {
    const worker = this.#stage.workers.find((each) => each.index === index);
    // Main never dies.
    return worker?.isGone === true ? undefined : worker;
  }

  #pump(): void {
    const { conductor, turn: block, world } = this.#stage;
    const model = this.#model;
    const before = { round: block.round(), ends: world.ends - this.#ended };
    const hasWork = conductor.hasWork();
    const mayEnd = this.#mayEnd();
    deepStrictEqual(conductor.pump(), hasWork);
    if (block.round() !== before.round) model.expectOpened();
    if (world.ends - this.#ended === before.ends) return;
    deepStrictEqual([world.ends - this.#ended, mayEnd, model.hasEnded], [1, true, false]);
    model.hasEnded = true;
  }

  /** Whether nothing can happen any more within the run's duration. */
  #mayEnd(): boolean {
    const { plan, endNs, world } = this.#stage;
    const { isReleased, rounds, nextTickNs, step, timeNs, isWanted } = this.#model;
    if (!isReleased || rounds !== undefined || endNs === Infinity) return false;
    if (nextTickNs < Infinity) return nextTickNs >= endNs;
    if (plan.clock === 'paced') return world.nowMs * 1e6 >= endNs - 1 || timeNs + 1 >= endNs;
    const isIdle = step >= 0 && !isWanted && plan.inputs.length === 0 && plan.actors.every(({ io }) => !io);
    return isIdle || (step >= 0 && timeNs + 1_000_000 >= endNs);
  }

  #close(index: number, wants: number): void {
    const worker = this.#workerAt(index);
    if (worker !== undefined && worker.round !== 0 && !worker.hasClosed) worker.close(wants);
  }

  #release(): void {
    this.#model.isReleased = true;
    this.#stage.conductor.release();
  }

  async #turn(): Promise<void> {
    this.#letGo?.();
    await turn();
  }

  /** Main sleeps until something is due. */
  #sleep(): void {
    const { conductor, world } = this.#stage;
    const { isReleased } = this.#model;
    const untilMs = conductor.untilDueMs();
    if (untilMs === Infinity) return;
    ok(untilMs >= 0);
    world.nowMs += untilMs + 1e-6;
    if (isReleased) deepStrictEqual(conductor.hasWork(), true);
  }

  #shut(): void {
    this.#model.isClosed = true;
    this.#model.changesWaiting = 0;
    this.#stage.conductor.close();
    deepStrictEqual([this.#stage.conductor.hasWork(), this.#stage.conductor.pump()], [false, false]);
  }

  #change(kind: ChangeKind, of: number): void {
    const model = this.#model;
    const { conductor } = this.#stage;
    const number = this.#asked++;
    const isRefused = model.isClosed;
    if (!isRefused) model.changesWaiting++;
    let hasBegun = false;
    const change = async (): Promise<number> => {
      hasBegun = true;
      deepStrictEqual([this.#begun++, this.#running], [number, 0]);
      deepStrictEqual([model.isOpen, model.rounds], [false, undefined]);
      this.#running++;
      model.changesWaiting--;
      model.isChanging = true;
      try {
        await this.#effect(kind, of);
      } finally {
        this.#running--;
        model.isChanging = false;
        model.isChanged = true;
      }
      return number;
    };
    const told = conductor.atBoundary(change).then(
      (result) => deepStrictEqual([result, hasBegun, kind !== 'throwing'], [number, true, true]),
      (error: Error & { readonly code?: string }) => {
        if (hasBegun) deepStrictEqual([error.message, kind], ['thrown', 'throwing']);
        else deepStrictEqual([error.code, model.isClosed], ['RUN_STOPPED', true]);
      },
    );
    // What it rejects with is seen at the end.
    told.catch(() => undefined);
    this.#outcomes.push(told);
  }

  async #effect(kind: ChangeKind, of: number): Promise<void> {
    const { conductor } = this.#stage;
    if (kind === 'throwing') throw new Error('thrown');
    else if (kind === 'slow') await new Promise<void>((resolve) => (this.#letGo = resolve));
    else if (kind === 'nested') this.#change('plain', of);
    else if (kind === 'rate') this.#setRate(of);
    else if (kind === 'drain') {
      this.#model.isDraining = true;
      conductor.drain();
    } else if (kind === 'end' && of < 5) {
      this.#model.hasEnded = true;
      this.#ended++;
      conductor.end();
    }
  }

  #setRate(of: number): void {
    const { plan, conductor } = this.#stage;
    const model = this.#model;
    const ticking = plan.actors.flatMap(({ name, tick }) => ((tick?.runner ?? -1) >= 0 ? [name] : []));
    const targets = [...plan.runners.map(({ name }) => ({ runner: name })), ...ticking];
    const target = targets[of % targets.length];
    if (target === undefined) return;
    const change = this.#rates.change(
      target,
      [3, 100, 250, 1000 / 3, 59.94][of % 5] as number,
      conductor.timeNs,
    );
    conductor.setRate(change);
    model.runners[change.runner] = model.segment(change.hz, change.originNs, change.firstIndex);
    if (change.actor >= 0) model.runnerOf[change.actor] = change.runner;
  }
}
