import { compile } from '../plan/compile.ts';
import type { GraphDeclaration, Plan } from '../plan/types.ts';
import type { PushEntry, RecordingEntry } from '../recording/entries.ts';
import { RecordingError } from '../recording/errors.ts';
import { planHash } from '../recording/plan-hash.ts';
import type { Recording } from '../recording/reader.ts';
import { Collector } from './collector.ts';
import type { Collected } from './collector.ts';
import { Comparison } from './comparison.ts';
import { Enactment } from './enactment.ts';
import type { Script } from './conductor-parts.ts';
import { isOutside } from './outside.ts';
import type { StepObserver } from './recorder.ts';
import type { Origin, ReplayAccess, ReplayDriver } from './replay-driver.ts';
import { RecordedSteps } from './recorded-steps.ts';
import type { RecordedStep } from './recorded-steps.ts';
import { StandIns } from './stand-ins.ts';
import { startRun } from './start.ts';
import type { Run, StartOptions } from './types.ts';

export interface ReplayOptions extends Pick<
  StartOptions,
  'workers' | 'mailboxMax' | 'modes' | 'resources' | 'onLog' | 'observers'
> {
  /** Also runs the stages with effects outside: `io` stages that are fed, and stages without outputs. */
  readonly withEffects?: boolean;
}

/** Somebody who leads a run that is done again, and stays with it. */
export interface Companion {
  /** Recorded steps after this one do not begin; -1: none does. */
  readonly limit: number;
  /** A stage has emitted. */
  onMessage(message: Collected): void;
  /** A recorded step has been done to its end. */
  onDone(index: number): void;
}

/**
 * Does a recorded run again: the same graph, led by the recording, with stand-ins for the stages that are not
 * to run, and compares what all stages emit.
 */
export class Rerun implements StepObserver, ReplayDriver {
  /** Of the graph as it was recorded. */
  readonly plan: Plan;
  readonly standIns: StandIns;
  readonly steps: RecordedSteps;
  readonly comparison: Comparison;
  /** Whether the recording says all there is to know. */
  readonly isExact: boolean;
  readonly origin: Origin;
  readonly #options: ReplayOptions;
  readonly #seed: number;
  readonly #companion: Companion | undefined;
  readonly #over = Promise.withResolvers<void>();
  #access: ReplayAccess | undefined;
  #collector: Collector | undefined;
  #enactment: Enactment | undefined;
  #run: Run | undefined;
  /** The step that is being done. */
  #now: RecordedStep | undefined;
  /** The recorded step that was begun last, counted from 0. */
  #index = -1;
  /** It has not come to its end. */
  #isOpen = false;
  /** The step whose changes have been brought about. */
  #prepared: RecordedStep | undefined;
  #isPreparing = false;
  #hasEnded = false;
  #done = 0;
  /** Pushes of a realtime run for which there was no room in their step: others were handled meanwhile. */
  readonly #late: PushEntry[] = [];

  /**
   * Throws `RecordingError` when the recording is one of another graph. `companion`: leads it; without one it
   * goes on by itself, and stops at the first difference.
   */
  constructor(
    declaration: GraphDeclaration,
    path: string,
    recording: Recording,
    options: ReplayOptions,
    companion?: Companion,
  ) {
    const { graph, planHash: hash, clock, seed } = recording.header;
    this.#options = options;
    this.#seed = seed;
    this.#companion = companion;
    this.origin = { declaration, recording: path };
    this.steps = new RecordedSteps(recording.entries());
    this.plan = compile(declaration, { ...options, clock: 'fast', recordable: true });
    if (hash !== planHash(this.plan)) {
      const other = graph === declaration.name ? 'another version of it' : `graph '${graph}'`;
      throw new RecordingError(
        'RECORDING_MISMATCH',
        path,
        `it was not made of graph '${declaration.name}' as it is now, but of ${other}`,
        'Replay it with the graph, the options and the code that it was made of.',
      );
    }
    this.isExact = clock !== 'realtime';
    const ranks = ranksOf(this.plan);
    this.comparison = new Comparison((stage) => ranks.get(stage) ?? 0);
    this.standIns = new StandIns(declaration, this.plan, options.withEffects === true, this.isExact);
  }

  /** Starts the graph, and lets it go. Rejects as `start` does. */
  async begin(): Promise<Run> {
    const { withEffects: _, ...options } = this.#options;
    await this.steps.load();
    const start = { ...options, seed: this.#seed, clock: 'fast', recordable: true } as const;
    const run = await startRun(this.standIns.declaration, start, this);
    this.#run = run;
    // Nobody here wants what the graph gives.
    for (const { name } of run.plan.outputs) run.onSample(name, () => undefined);
    this.go();
    run.done.then(
      () => this.#over.resolve(),
      (error: unknown) => this.#over.reject(error),
    );
    return run;
  }

  /** Resolves when nothing is left to be done; rejects with what the run has failed with. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  /** Steps that were done. */
  get done(): number {
    return this.#done;
  }

  /** The step that is being done, if one of the recording is. */
  get now(): RecordedStep | undefined {
    return this.#now;
  }

  /** Looks again whether it may go on. */
  go(): void {
    this.#access?.conductor.release();
  }

  /** What a companion needs of the run, which has begun. */
  get access(): ReplayAccess {
    return this.#access as ReplayAccess;
  }

  /** Resolves when all threads have been heard out; rejects `RunStoppedError` if one has failed. */
  async hear(): Promise<void> {
    const { crew, conductor } = this.access;
    await crew.hear();
    await conductor.atBoundary(() => undefined);
  }

  attach(access: ReplayAccess): void {
    this.#access = access;
    this.#collector = new Collector(access.plan, access.shared, access.bells);
    const { shared, events } = access;
    const { leftOut } = this.standIns;
    this.#enactment = new Enactment({ plan: this.plan, shared, events, leftOut });
    access.conductor.observe(this);
  }

  get script(): Script {
    return {
      isLed: this.#companion !== undefined,
      isReady: (nextNs) => this.#isReady(nextNs),
      take: (nextNs) => this.#take(nextNs),
    };
  }

  onStep(): void {
    this.#done++;
  }

  onOpen(step: number, place: number): void {
    if (place === 0) {
      for (const stage of this.#now?.over ?? []) this.standIns.end(stage);
      if (this.isExact) this.#enactment?.during(step, this.#now?.deeds ?? []);
    }
    this.standIns.emit(this.#now?.sources.get(place) ?? []);
  }

  onAdmit(): void {
    const pushes = [...this.#late.splice(0), ...(this.#now?.pushes ?? [])];
    for (const [at, push] of pushes.entries()) {
      if (this.#put(push)) continue;
      if (this.isExact || at === 0) this.#refuse(push);
      else this.#late.push(...pushes.slice(at));
      return;
    }
  }

  onRound(): void {
    while (this.pump());
    const messages: Collected[] = [];
    this.#collector?.flush((message, { index }) => {
      this.#companion?.onMessage(message);
      const actor = this.plan.actors[index];
      if (actor !== undefined && !isOutside(this.plan, actor)) messages.push(message);
    });
    this.comparison.actual(messages);
    if (this.isDiverged) this.#over.resolve();
  }

  onBoundary(): void {
    // A step of a realtime run is done when what came in it has been taken in.
    if (this.#companion === undefined || !this.#isOpen || this.#late.length > 0) return;
    this.#isOpen = false;
    if (this.isExact) this.comparison.settle(this.#now?.isLast !== true || this.steps.reason === 'ended');
    this.#companion.onDone(this.#index);
  }

  /** Takes what the stages have emitted, so that nobody waits for it. */
  pump(): boolean {
    return this.#collector?.pump() === true;
  }

  hasWork(): boolean {
    return this.#collector?.hasWork() === true;
  }

  /**
   * It goes no further: there is nothing to be learnt from what follows a difference, unless times are a
   * matter of chance, or somebody wants to see it.
   */
  get isDiverged(): boolean {
    return this.isExact && this.#companion === undefined && this.comparison.divergence !== undefined;
  }

  #put({ input, time, payload }: PushEntry): boolean {
    return this.#access?.inputs.get(input)?.put(payload, time) === true;
  }

  #refuse({ input }: PushEntry): void {
    this.#over.reject(new Error(`input '${input}' has no room for what was pushed into it`));
  }

  /** Whether the next step is known, and what it begins with has been brought about. */
  #isReady(nextNs: number): boolean {
    if (this.isDiverged || this.#isPreparing) return false;
    if (this.#late.length > 0) return true;
    if (this.#companion !== undefined && this.#index >= this.#companion.limit) return false;
    const next = this.steps.next;
    if (next === undefined) {
      if (this.steps.isOver) void this.#end();
      return false;
    }
    if (this.#prepared === next || this.#isBetween(nextNs, next)) return true;
    this.#isPreparing = true;
    void this.#prepare(next);
    return false;
  }

  /**
   * All steps are done. A worker tells of a failure before it ends the round, and main may hear of it later:
   * where the recorded run had one, it listens until it has heard everything.
   */
  async #end(): Promise<void> {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    if (this.steps.reason === 'failed') await this.#access?.crew.hear();
    this.#over.resolve();
  }

  /** Whether ticks come before a step: a realtime recording has times, and the steps of ticks are its own. */
  #isBetween(nextNs: number, next: RecordedStep): boolean {
    return !this.isExact && nextNs < next.timeNs;
  }

  async #prepare(next: RecordedStep): Promise<void> {
    const { conductor } = this.#access ?? {};
    try {
      for (const change of next.changes) await this.#change(change);
      if (!this.isExact && next.deeds.length > 0)
        await conductor?.atBoundary(() => this.#enactment?.between(conductor.step, next.deeds));
      // The step after the next one is read while this one is done.
      await this.steps.ahead();
      this.#prepared = next;
    } catch (error) {
      this.#over.reject(error);
    }
    this.#isPreparing = false;
    this.#access?.conductor.release();
  }

  async #change(change: RecordingEntry): Promise<void> {
    const run = this.#run;
    const { conductor, modes } = this.#access ?? {};
    if (change.type === 'push') await conductor?.atBoundary(() => this.#put(change) || this.#refuse(change));
    else if (change.type === 'mode') await modes?.replay(change.mode);
    else if (change.type === 'event' && change.change === 'set') await run?.events.set(change.event);
    else if (change.type === 'event') await run?.events.reset(change.event);
    else if (change.type === 'rate') await run?.setRate(targetOf(change.stage), change.hz);
    else if (change.type === 'drain') {
      if (change.isOver) conductor?.end();
      else void run?.stop({ drain: true });
      // It has taken effect when what is asked for after it has.
      await conductor?.atBoundary(() => undefined);
    }
  }

  #take(nextNs: number): { readonly timeNs: number; readonly isOutside: boolean } {
    if (this.#late.length > 0) {
      this.#now = undefined;
      return { timeNs: this.#access?.conductor.timeNs ?? 0, isOutside: true };
    }
    const next = this.steps.next as RecordedStep;
    if (this.#isBetween(nextNs, next)) {
      this.#now = undefined;
      return { timeNs: nextNs, isOutside: false };
    }
    // The step before is done.
    if (this.isExact) this.comparison.settle(true);
    this.#now = this.steps.take();
    this.#index++;
    this.#isOpen = true;
    this.comparison.expected(next.outputs);
    return next;
  }
}

function targetOf(stage: string): string | { readonly runner: string } {
  return stage.startsWith(':') ? { runner: stage.slice(1) } : stage;
}

/** How far each stage is from the graph's sources: causes come before effects. */
function ranksOf({ actors, edges }: Plan): ReadonlyMap<string, number> {
  const ranks = new Map<string, number>();
  const rankOf = (index: number): number => {
    const { name = '', inlets = [] } = actors[index] ?? {};
    const known = ranks.get(name);
    if (known !== undefined) return known;
    let rank = 0;
    for (const { edge } of inlets) {
      const { from, back } = edges[edge] ?? {};
      if (back === false && from?.kind === 'actor') rank = Math.max(rank, rankOf(from.actor) + 1);
    }
    ranks.set(name, rank);
    return rank;
  };
  for (const { index } of actors) rankOf(index);
  return ranks;
}
