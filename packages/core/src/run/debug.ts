import type { Condition } from '../debug/condition.ts';
import { StepEndedError, StepNoPhasesError } from '../debug/errors.ts';
import { noHolds } from '../debug/hold-state.ts';
import type { BreakpointOrder, HoldReport, HoldState, PlaceWire } from '../debug/hold-state.ts';
import type {
  Breakpoint,
  BreakpointHit,
  BreakpointState,
  DebugPlace,
  DebugState,
  RunDebug,
  StepDone,
} from '../debug/types.ts';
import { RunStoppedError, TargetError } from '../errors.ts';
import type { Executor } from '../executor/executor.ts';
import type { ThreadTime } from '../executor/thread-time.ts';
import { list } from '../plan/problems.ts';
import type { ActorPlan, Plan } from '../plan/types.ts';
import { isOver } from './actor-states.ts';
import type { Conductor } from './conductor.ts';
import type { Crew } from './crew.ts';
import type { RoundHold } from './round-hold.ts';
import { Steps } from './steps.ts';
import type { ActorState, LogLine, WaitOptions } from './types.ts';

export interface LiveDebugParts {
  readonly world: ThreadTime;
  readonly plan: Plan;
  readonly crew: Crew;
  /** Steps the stages on main. */
  readonly executor: Executor;
  readonly conductor: Conductor | undefined;
  readonly hold: RoundHold;
  readonly onLog: (line: LogLine) => void;
  /** Wakes the loop of main. */
  readonly wake: () => void;
}

interface Watched {
  readonly at: Breakpoint;
  readonly order: BreakpointOrder;
  hits: number;
  fault: string | undefined;
}

/** The debugger of a run: says what is held, and tells every thread. docs/debugging.md. */
export class LiveDebug implements RunDebug {
  readonly #parts: LiveDebugParts;
  readonly #held = new Set<number>();
  readonly #watched = new Map<number, Watched>();
  readonly #steps: Steps;
  readonly #heard: number[];
  readonly #callbacks = new Set<(state: DebugState) => void>();
  /** Of what threads have been told and have not taken in: to be called when the run is over. */
  readonly #refusals = new Set<(error: Error) => void>();
  /** Called with what a callback has thrown. */
  onError: (error: Error) => void = () => undefined;
  #version = noHolds.version;
  #breakpoints = 0;
  #freeRound = 0;
  #lastHit: BreakpointHit | undefined;
  #isOver = false;

  constructor(parts: LiveDebugParts) {
    this.#parts = parts;
    this.#steps = new Steps(parts.world, () => {
      if (!this.#isOver) void this.#tell(false);
    });
    this.#heard = parts.plan.workers.map(() => 0);
  }

  get state(): DebugState {
    const { actors } = this.#parts.plan;
    const held = actors.filter(({ index }) => this.#held.has(index)).map(({ name }) => name);
    const breakpoints = [...this.#watched].map(([id, { at, hits, fault }]): BreakpointState => ({
      ...at,
      id,
      hits,
      fault,
    }));
    return { held, isAllHeld: this.#isAllHeld, breakpoints, lastHit: this.#lastHit };
  }

  onChange(callback: (state: DebugState) => void): () => void {
    this.#callbacks.add(callback);
    return () => this.#callbacks.delete(callback);
  }

  async pause(stages?: readonly string[]): Promise<void> {
    this.#check('pause');
    for (const index of this.#indices(stages)) this.#held.add(index);
    const told = this.#tell(true);
    this.#changed();
    await told;
  }

  async resume(stages?: readonly string[]): Promise<void> {
    this.#check('resume');
    const indices = this.#indices(stages);
    for (const index of indices) this.#release(index);
    const told = this.#tell(false);
    this.#changed();
    await told;
  }

  async step(
    what: { readonly stage: string; readonly unit: 'message' | 'tick' } | { readonly unit: 'phase' },
    options: WaitOptions = {},
  ): Promise<StepDone> {
    this.#check('step');
    options.signal?.throwIfAborted();
    if (what.unit === 'phase') return this.#stepPhase(options);
    const { index, name, tick } = this.#actor(what.stage);
    if (what.unit === 'tick' && tick === undefined)
      throw new TargetError(`stage '${name}' does not tick`, 'Step its messages.');
    if (!this.#held.has(index)) throw new StepEndedError(name, 'it is not held', 'Pause it first.');
    if (isOver(this.#parts.crew.states[index]))
      throw new StepEndedError(name, 'it is over', 'Nothing will come to it any more.');
    const done = this.#steps.take(name, index, what.unit, options);
    void this.#tell(false);
    return done;
  }

  async break(at: Breakpoint): Promise<number> {
    this.#check('break');
    const actor = this.#actor(at.stage);
    const { index, name } = actor;
    if (at.on === 'tick' && actor.tick === undefined)
      throw new TargetError(`stage '${name}' does not tick`, 'Break on its inputs.');
    if (at.port !== undefined) checkPort(actor, at.port);
    const condition = await conditionOf(at.condition);
    this.#check('break');
    const id = ++this.#breakpoints;
    const { port, on, holds = 'graph', once: isOnce = false } = at;
    const order = { id, actor: index, port, on, condition, holds, isOnce };
    this.#watched.set(id, { at: { ...at }, order, hits: 0, fault: undefined });
    const told = this.#tell(false);
    this.#changed();
    await told;
    return id;
  }

  async unbreak(id: number): Promise<boolean> {
    this.#check('unbreak');
    if (!this.#watched.delete(id)) return false;
    const told = this.#tell(false);
    this.#changed();
    await told;
    return true;
  }

  /** What a thread reports. */
  receive(worker: number, report: HoldReport): void {
    if (report.type === 'stepped') {
      const { step, place, isFailed } = report;
      this.#steps.end(step, { place: this.#placeOf(place), isFailed, hit: undefined });
    } else if (report.type === 'breakFault') this.#fault(report.breakpoint, report.message);
    else this.#hit(worker, report);
  }

  /** A worker has died: what it was stepping is not known. */
  noteDeath(worker: number): void {
    const { actors } = this.#parts.plan;
    this.#steps.fail(
      (actor) => actors[actor]?.worker === worker,
      (stage) =>
        new StepEndedError(
          stage,
          'its worker has died',
          'Step again: what was in hand is handed over again.',
        ),
    );
  }

  noteState(actor: number, state: ActorState): void {
    if (!isOver(state)) return;
    this.#steps.fail(
      (each) => each === actor,
      (stage) => new StepEndedError(stage, `the stage has ${state}`, 'Nothing will come to it any more.'),
    );
  }

  /** The run drains: everything goes on. */
  drain(): void {
    if (this.#isOver) return;
    this.#close(undefined);
    void this.#tell(false);
  }

  /** The run is over, or has failed. */
  stop(error: Error | undefined): void {
    this.#close(error);
  }

  #close(error: Error | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#held.clear();
    this.#watched.clear();
    const stopped = error ?? new RunStoppedError('debugging');
    this.#steps.fail(
      () => true,
      () => stopped,
    );
    this.#steps.failPhase(stopped);
    for (const refuse of this.#refusals) refuse(stopped);
    this.#refusals.clear();
    this.#changed();
    this.#callbacks.clear();
  }

  #check(what: string): void {
    if (this.#isOver) throw new RunStoppedError(what);
  }

  get #isAllHeld(): boolean {
    return this.#held.size > 0 && this.#held.size === this.#parts.plan.actors.length;
  }

  #release(actor: number): void {
    this.#held.delete(actor);
    this.#steps.fail(
      (each) => each === actor,
      (stage) => new StepEndedError(stage, 'it was resumed', 'Pause it again.'),
    );
    this.#steps.failPhase(new StepEndedError(undefined, 'the graph was resumed', 'Pause it again.'));
  }

  async #stepPhase(options: WaitOptions): Promise<StepDone> {
    const { conductor, hold, wake } = this.#parts;
    if (conductor === undefined) throw new StepNoPhasesError();
    if (!this.#isAllHeld)
      throw new StepEndedError(undefined, 'the graph is not held as a whole', 'Pause all of it first.');
    const done = this.#steps.takePhase(options, () => {
      hold.cancel();
      this.#freeRound = 0;
    });
    const { number, isOpen } = conductor.round;
    this.#freeRound = number;
    const allow = (): void => hold.step(isOpen, () => this.#steps.endPhase(undefined));
    if (isOpen) allow();
    const told = this.#tell(false);
    // No thread may begin the round before it knows that it is to be done.
    const begin = (): void => {
      if (this.#freeRound === number) allow();
      wake();
    };
    if (!isOpen) told.then(begin, () => undefined);
    return done;
  }

  /** Tells all threads. Resolves when they have taken it in, or when no handler of a held stage runs. */
  #tell(isRestAwaited: boolean): Promise<void> {
    const { crew, executor, plan, wake } = this.#parts;
    const state = this.#note();
    const onMain = new Promise<void>((resolve) => {
      executor.setHolds(state, resolve);
      if (!isRestAwaited) resolve();
    });
    const told = plan.workers
      .slice(1)
      .map(({ index }) => crew.ask(index, (request) => ({ type: 'debug', state, isRestAwaited, request })));
    wake();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#refusals.add(reject);
    void Promise.all([onMain, ...told]).then(() => {
      this.#refusals.delete(reject);
      resolve();
    });
    // Nobody may be waiting.
    promise.catch(() => undefined);
    return promise;
  }

  /** What is held now: successors begin with it. */
  #note(): HoldState {
    const state: HoldState = {
      version: ++this.#version,
      held: [...this.#held],
      freeRound: this.#freeRound,
      steps: this.#steps.orders(),
      breakpoints: [...this.#watched.values()].map(({ order }) => order),
      heard: [...this.#heard],
    };
    this.#parts.crew.holds = state;
    // A stage's step may need rounds to be opened.
    this.#parts.hold.set(this.#isAllHeld && state.steps.length === 0);
    return state;
  }

  #hit(worker: number, report: HoldReport & { readonly type: 'hit' }): void {
    this.#heard[worker] = report.hit;
    const watched = this.#watched.get(report.breakpoint);
    if (watched !== undefined && !this.#isOver) {
      const { order } = watched;
      watched.hits++;
      if (order.isOnce) this.#watched.delete(order.id);
      const { breakpoint, error } = report;
      const hit = { ...this.#placeOf(report.place), breakpoint, error };
      this.#lastHit = hit;
      if (order.holds === 'stage') this.#held.add(order.actor);
      else for (const { index } of this.#parts.plan.actors) this.#held.add(index);
      this.#steps.endPhase(hit);
    }
    void this.#tell(false);
    this.#changed();
  }

  #fault(id: number, message: string): void {
    const watched = this.#watched.get(id);
    if (watched === undefined) return;
    watched.fault ??= message;
    const text = `the condition '${watched.at.condition}' of breakpoint ${id} counts as false: ${message}`;
    this.#parts.onLog({ stage: watched.at.stage, timeNs: 0, message: text, fields: undefined });
    this.#changed();
  }

  #changed(): void {
    if (this.#callbacks.size === 0) return;
    const { state } = this;
    for (const callback of this.#callbacks) {
      try {
        callback(state);
      } catch (error) {
        this.onError(error as Error);
      }
    }
  }

  #placeOf({ actor, work, port, seq, time }: PlaceWire): DebugPlace {
    return { stage: this.#parts.plan.actors[actor]?.name ?? '?', work, port, seq, time };
  }

  #indices(stages: readonly string[] | undefined): readonly number[] {
    if (stages === undefined) return this.#parts.plan.actors.map(({ index }) => index);
    return stages.map((stage) => this.#actor(stage).index);
  }

  #actor(stage: string): ActorPlan {
    const { actors } = this.#parts.plan;
    const found = actors.find(({ name }) => name === stage);
    if (found !== undefined) return found;
    throw new TargetError(
      `there is no stage '${stage}'`,
      `Use one of: ${list(actors.map(({ name }) => name))}.`,
    );
  }
}

function checkPort({ name, inlets }: ActorPlan, port: string): void {
  const ports = [...new Set(inlets.map((inlet) => inlet.port))];
  if (ports.includes(port)) return;
  throw new TargetError(`nothing comes to '${name}.${port}'`, `Use one of: ${list(ports)}.`, port);
}

async function conditionOf(text: string | undefined): Promise<Condition | undefined> {
  if (text === undefined) return undefined;
  const { parseCondition } = await import('../debug/parse-condition.ts');
  return parseCondition(text);
}
