import fc from 'fast-check';
import { allocateDoorbells, Doorbell, lineWords } from '@troupe/mailbox';
import { rateOf } from '../../src/clock/rate.ts';
import { everyStep, phases, StepSchedule, stepOrderOf } from '../../src/clock/schedule.ts';
import { allocateTurn, Turn } from '../../src/clock/turn.ts';
import type { ActorPlan, ClockKind, Phase, Plan } from '../../src/plan/types.ts';
import { Conductor } from '../../src/run/conductor.ts';
import type { Script } from '../../src/run/conductor-parts.ts';
import { RoundHold } from '../../src/run/round-hold.ts';

/** Runners that a run can have in all: those of its plan, and those that changes of rates make. */
const runnersMax = 40;

/** What is conducted: stages that do nothing but tick, on some threads. */
export interface Setting {
  readonly clock: Exclude<ClockKind, 'realtime'>;
  readonly hertz: readonly number[];
  readonly ticks: readonly {
    readonly runner: number;
    readonly phase: Phase;
    readonly priority: number;
    readonly worker: number;
  }[];
  /** Threads beside main. */
  readonly workers: number;
  readonly inputs: number;
  readonly hasIo: boolean;
  readonly durationMs: number;
  /** Logical times of the steps of a recording, in ns, in place of the clock's; `undefined`: none. */
  readonly script: readonly number[] | undefined;
}

const rates = [3, 100, 250, 1000 / 3, 59.94];

export const settings: fc.Arbitrary<Setting> = fc
  .record({
    clock: fc.constantFrom('fast' as const, 'fast' as const, 'paced' as const),
    hertz: fc.array(fc.constantFrom(...rates), { maxLength: 3 }),
    workers: fc.integer({ min: 0, max: 3 }),
    inputs: fc.integer({ min: 0, max: 2 }),
    hasIo: fc.boolean(),
    durationMs: fc.constantFrom(Infinity, Infinity, 4, 20, 50),
    gaps: fc.option(fc.array(fc.integer({ min: 1, max: 7_000_000 }), { maxLength: 12 }), {
      nil: undefined,
      freq: 6,
    }),
    ticks: fc.array(
      fc.record({
        runner: fc.nat({ max: 5 }),
        phase: fc.constantFrom<Phase>(...phases.slice(1, -1)),
        free: fc.constantFrom<Phase>('preAcquisition', 'postExport'),
        priority: fc.integer({ min: -1, max: 1 }),
        worker: fc.nat({ max: 3 }),
      }),
      { minLength: 1, maxLength: 6 },
    ),
  })
  .map(({ gaps, ticks, ...rest }) => {
    let timeNs = 0;
    return {
      ...rest,
      ticks: ticks.map(({ runner, phase, free, priority, worker }) => {
        const isTimed = runner < rest.hertz.length;
        return {
          runner: isTimed ? runner : everyStep,
          phase: isTimed ? phase : free,
          priority,
          worker: worker % (rest.workers + 1),
        };
      }),
      ...(gaps === undefined
        ? { script: undefined }
        : {
            script: [0, ...gaps].map((gap) => (timeNs += gap)),
            clock: 'fast' as const,
            durationMs: Infinity,
          }),
    };
  });

function planOf(setting: Setting): Plan {
  const { clock, hertz, ticks, workers, inputs, hasIo } = setting;
  const rows = ticks.map(({ runner, phase, priority }, actor) => ({ actor, runner, phase, priority }));
  return {
    clock,
    runners: hertz.map((hz, index) => ({ name: `r${index}`, hz })),
    stepOrder: stepOrderOf(rows),
    actors: ticks.map(
      (tick, index) => ({ index, name: `s${index}`, tick, io: hasIo && index === 0 }) as unknown as ActorPlan,
    ),
    workers: Array.from({ length: workers + 1 }, (_, index) => ({
      index,
      actors: ticks.flatMap(({ worker }, actor) => (worker === index ? [actor] : [])),
    })),
    inputs: Array.from({ length: inputs }, (_, index) => ({ name: `in${index}` })),
  } as unknown as Plan;
}

/** A boundary input that counts. */
export class FakeInput {
  waiting = 0;
  admitted = 0;
  /** The last round that it was told the end of. */
  marked = 0;

  get isWaiting(): boolean {
    return this.waiting > 0;
  }

  admit(): void {
    this.admitted += this.waiting;
    this.waiting = 0;
  }

  mark(round: number): void {
    this.marked = round;
  }
}

/** A worker's thread, as far as a conductor sees it: its end of the turn block, and a bell. */
export class FakeWorker {
  readonly index: number;
  /** It has died with all of its actors over: it closes nothing any more. */
  isGone = false;
  readonly #turn: Turn;
  readonly #bell: Doorbell;
  readonly #words: Int32Array;

  constructor(index: number, turn: SharedArrayBuffer, bells: SharedArrayBuffer) {
    this.index = index;
    this.#turn = new Turn(turn);
    this.#bell = new Doorbell(bells, index);
    this.#words = new Int32Array(bells);
    this.#bell.arm();
  }

  /** Whether somebody has rung since the last look; it sleeps again. */
  wasRung(): boolean {
    const isRung = this.#words[this.index * lineWords] === 0;
    this.#bell.arm();
    return isRung;
  }

  /** The round that it finds, and whether it has ended it. */
  get round(): number {
    return this.#turn.round();
  }

  get hasClosed(): boolean {
    return this.#turn.closedBy(this.index) === this.#turn.round();
  }

  close(wants: number): void {
    this.#turn.close(this.index, this.#turn.round(), wants);
  }

  ask(wants: number): void {
    this.#turn.ask(this.index, wants);
  }
}

/** A conductor with everything that it leads. */
export interface Stage {
  readonly plan: Plan;
  readonly turn: Turn;
  readonly conductor: Conductor;
  readonly inputs: readonly FakeInput[];
  /** Those with actors; main is `0`, if it is among them. */
  readonly workers: readonly FakeWorker[];
  /** Main's loop, which sleeps whenever it is not called. */
  readonly main: FakeWorker;
  readonly endNs: number;
  /** The world outside. */
  readonly world: { nowMs: number; ends: number; boundaryAsks: boolean };
}

/** The steps of a recording, as a replay gives them: ticks have their own. */
function scriptOf(times: readonly number[]): Script {
  const left = [...times];
  return {
    isLed: false,
    isReady: () => left.length > 0,
    take(nextNs) {
      const [timeNs = 0] = left;
      if (nextNs < timeNs) return { timeNs: nextNs, isOutside: false };
      left.shift();
      return { timeNs, isOutside: true };
    },
  };
}

export function set(setting: Setting): Stage {
  const plan = planOf(setting);
  const block = allocateTurn(runnersMax, plan.workers.length);
  const bellMemory = allocateDoorbells(plan.workers.length);
  const bells = plan.workers.map(({ index }) => new Doorbell(bellMemory, index));
  const turn = new Turn(block);
  const inputs = plan.inputs.map(() => new FakeInput());
  const all = plan.workers.map(({ index }) => new FakeWorker(index, block, bellMemory));
  const world = { nowMs: 0, ends: 0, boundaryAsks: false };
  const endNs = setting.durationMs * 1e6;
  const conductor = new Conductor({
    plan,
    turn,
    bells,
    inputs: new Map(inputs.map((input, index) => [`in${index}`, input])),
    schedule: new StepSchedule(setting.hertz.map((hz) => rateOf(hz))),
    isGone: (worker) => all[worker]?.isGone === true,
    endNs,
    onEnd: () => world.ends++,
    onBoundary: () => {
      const { boundaryAsks } = world;
      world.boundaryAsks = false;
      return boundaryAsks;
    },
    hold: new RoundHold(() => world.nowMs),
    ...(setting.script === undefined ? {} : { script: scriptOf(setting.script) }),
  });
  const workers = all.filter(({ index }) => (plan.workers[index]?.actors.length ?? 0) > 0);
  return { plan, turn, conductor, inputs, workers, main: all[0] as FakeWorker, endNs, world };
}
