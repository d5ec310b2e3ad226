import { compile } from '../plan/compile.ts';
import type { GraphDeclaration, Plan } from '../plan/types.ts';
import type { PushEntry, RecordingEntry, RecordingHeader } from '../recording/entries.ts';
import { RecordingError } from '../recording/errors.ts';
import { planHash } from '../recording/plan-hash.ts';
import { openRecording } from '../recording/reader.ts';
import type { Recording, RecordingTail } from '../recording/reader.ts';
import { Collector } from './collector.ts';
import type { Collected } from './collector.ts';
import { Comparison } from './comparison.ts';
import type { Divergence } from './comparison.ts';
import { Enactment } from './enactment.ts';
import type { Script } from './conductor-parts.ts';
import { isOutside } from './outside.ts';
import type { StepObserver } from './recorder.ts';
import type { ReplayAccess, ReplayDriver } from './replay-driver.ts';
import { RecordedSteps } from './recorded-steps.ts';
import type { RecordedStep } from './recorded-steps.ts';
import { StandIns } from './stand-ins.ts';
import { startRun } from './start.ts';
import type { Run, StartOptions } from './types.ts';

export interface ReplayOptions extends Pick<
  StartOptions,
  'workers' | 'mailboxMax' | 'modes' | 'resources' | 'onLog'
> {
  /** Also runs the stages with effects outside: `io` stages that are fed, and stages without outputs. */
  readonly withEffects?: boolean;
}

/** What a replay has found. */
export interface ReplayReport {
  /** Steps that were done again. */
  readonly steps: number;
  /** Messages that were compared. */
  readonly compared: number;
  /** The first difference; `undefined`: bit for bit the same. */
  readonly divergence: Divergence | undefined;
  /**
   * Whether the recording says all there is to know: one of a realtime run gives the times, but not the order
   * in which threads did things.
   */
  readonly isExact: boolean;
  /** Stages that were not run. What they emitted is played from the recording. */
  readonly leftOut: readonly string[];
  /** What a replay cannot repeat, a sentence each. */
  readonly warnings: readonly string[];
  /** As the recorded run, the replay failed, with this error; what was compared until then was equal. */
  readonly failure: Error | undefined;
  /** How the recording ends; `undefined` where it has not been read to its end. */
  readonly tail: RecordingTail | undefined;
}

/**
 * Starts a graph again with everything that a recording says came from outside, and compares what all stages
 * emit. Rejects `RecordingError` when the file is no recording, or one of another graph, and as `start` does.
 */
export async function replayRecording(
  declaration: GraphDeclaration,
  path: string,
  options: ReplayOptions = {},
): Promise<ReplayReport> {
  const recording = await openRecording(path);
  try {
    return await new Replay(declaration, path, recording, options).play();
  } finally {
    await recording.close();
  }
}

class Replay implements StepObserver, ReplayDriver {
  readonly #header: RecordingHeader;
  readonly #options: ReplayOptions;
  readonly #recording: Recording;
  readonly #steps: RecordedSteps;
  readonly #comparison: Comparison;
  readonly #standIns: StandIns;
  readonly #isExact: boolean;
  readonly #over = Promise.withResolvers<void>();
  /** Plan of the graph as it was recorded. */
  readonly #plan: Plan;
  #access: ReplayAccess | undefined;
  #collector: Collector | undefined;
  #enactment: Enactment | undefined;
  #run: Run | undefined;
  /** The step that is being done. */
  #now: RecordedStep | undefined;
  /** The step whose changes have been brought about. */
  #prepared: RecordedStep | undefined;
  #isPreparing = false;
  #hasEnded = false;
  #done = 0;
  /** Pushes of a realtime run for which there was no room in their step: others were handled meanwhile. */
  readonly #late: PushEntry[] = [];

  constructor(declaration: GraphDeclaration, path: string, recording: Recording, options: ReplayOptions) {
    this.#header = recording.header;
    this.#options = options;
    this.#recording = recording;
    this.#steps = new RecordedSteps(recording.entries());
    this.#plan = compile(declaration, { ...options, clock: 'fast', recordable: true });
    const { graph, planHash: hash } = recording.header;
    if (hash !== planHash(this.#plan)) {
      const other = graph === declaration.name ? 'another version of it' : `graph '${graph}'`;
      throw new RecordingError(
        'RECORDING_MISMATCH',
        path,
        `it was not made of graph '${declaration.name}' as it is now, but of ${other}`,
        'Replay it with the graph, the options and the code that it was made of.',
      );
    }
    this.#isExact = recording.header.clock !== 'realtime';
    const ranks = ranksOf(this.#plan);
    this.#comparison = new Comparison((stage) => ranks.get(stage) ?? 0);
    this.#standIns = new StandIns(declaration, this.#plan, options.withEffects === true, this.#isExact);
  }

  async play(): Promise<ReplayReport> {
    const { seed } = this.#header;
    const { withEffects: _, ...options } = this.#options;
    await this.#steps.load();
    const start = { ...options, seed, clock: 'fast', recordable: true } as const;
    const run = await startRun(this.#standIns.declaration, start, this);
    this.#run = run;
    // Nobody here wants what the graph gives.
    for (const { name } of run.plan.outputs) run.onSample(name, () => undefined);
    this.#access?.conductor.release();
    run.done.then(
      () => this.#over.resolve(),
      (error: unknown) => this.#over.reject(error),
    );
    let failure: Error | undefined;
    try {
      await this.#over.promise;
    } catch (error) {
      // A run that failed does so again.
      if (!(await this.#mayFail())) throw error;
      failure = error as Error;
    } finally {
      await run.stop();
    }
    // One that was heard of only at the end.
    if (this.#steps.reason === 'failed') failure ??= await failureOf(run);
    // The end may have been seen before the end of the last round.
    if (!this.#isDiverged) this.onRound();
    if (failure === undefined) await this.#settle();
    return {
      steps: this.#done,
      compared: this.#comparison.compared,
      divergence: this.#comparison.divergence,
      isExact: this.#isExact,
      leftOut: this.#standIns.leftOut,
      warnings: this.#standIns.warnings,
      failure,
      tail: this.#recording.tail,
    };
  }

  /**
   * Whether the recorded run failed too, or may have: its recording does not say how it ended, or that it was
   * stopped, and the step in hand is its last one. Main learns of a failure some rounds after it, so that
   * neither run says in which step that was.
   */
  async #mayFail(): Promise<boolean> {
    const isLast = this.#now?.isLast === true;
    await this.#steps.skip();
    const { reason } = this.#steps;
    return reason === undefined || reason === 'failed' || (reason === 'stopped' && isLast);
  }

  /** The replay is over: what is left of both sides has no counterpart. */
  async #settle(): Promise<void> {
    const comparison = this.#comparison;
    if (!this.#isExact) {
      // What was seen late while it was recorded has been given again already.
      while (!this.#steps.isOver) {
        comparison.expected(this.#steps.take()?.outputs ?? []);
        await this.#steps.load();
      }
      if (this.#steps.reason !== undefined) comparison.settle(false);
      return;
    }
    comparison.settle(!this.#steps.isOver || this.#steps.reason === 'ended');
    // The replay has ended too soon where steps are left.
    while (comparison.divergence === undefined && !this.#steps.isOver) {
      comparison.expected(this.#steps.take()?.outputs ?? []);
      comparison.settle(true);
      if (comparison.divergence === undefined) this.#done++;
      await this.#steps.load();
    }
  }

  attach(access: ReplayAccess): void {
    this.#access = access;
    this.#collector = new Collector(access.plan, access.shared, access.bells);
    const { shared, events } = access;
    const { leftOut } = this.#standIns;
    this.#enactment = new Enactment({ plan: this.#plan, shared, events, leftOut });
    access.conductor.observe(this);
  }

  get script(): Script {
    return { isReady: (nextNs) => this.#isReady(nextNs), take: (nextNs) => this.#take(nextNs) };
  }

  onStep(): void {
    this.#done++;
  }

  onOpen(step: number, place: number): void {
    if (place === 0) {
      for (const stage of this.#now?.over ?? []) this.#standIns.end(stage);
      if (this.#isExact) this.#enactment?.during(step, this.#now?.deeds ?? []);
    }
    this.#standIns.emit(this.#now?.sources.get(place) ?? []);
  }

  onAdmit(): void {
    const pushes = [...this.#late.splice(0), ...(this.#now?.pushes ?? [])];
    for (const [at, push] of pushes.entries()) {
      if (this.#put(push)) continue;
      if (this.#isExact || at === 0) this.#refuse(push);
      else this.#late.push(...pushes.slice(at));
      return;
    }
  }

  onRound(): void {
    while (this.pump());
    const messages: Collected[] = [];
    this.#collector?.flush((message, { index }) => {
      const actor = this.#plan.actors[index];
      if (actor !== undefined && !isOutside(this.#plan, actor)) messages.push(message);
    });
    this.#comparison.actual(messages);
    if (this.#isDiverged) this.#over.resolve();
  }

  /** Takes what the stages have emitted, so that nobody waits for it. */
  pump(): boolean {
    return this.#collector?.pump() === true;
  }

  hasWork(): boolean {
    return this.#collector?.hasWork() === true;
  }

  /** There is nothing to be learnt from what follows a difference, unless times are a matter of chance. */
  get #isDiverged(): boolean {
    return this.#isExact && this.#comparison.divergence !== undefined;
  }

  #put({ input, time, payload }: PushEntry): boolean {
    return this.#access?.inputs.get(input)?.put(payload, time) === true;
  }

  #refuse({ input }: PushEntry): void {
    this.#over.reject(new Error(`input '${input}' has no room for what was pushed into it`));
  }

  /** Whether the next step is known, and what it begins with has been brought about. */
  #isReady(nextNs: number): boolean {
    if (this.#isDiverged || this.#isPreparing) return false;
    if (this.#late.length > 0) return true;
    const next = this.#steps.next;
    if (next === undefined) {
      if (this.#steps.isOver) void this.#end();
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
    if (this.#steps.reason === 'failed') await this.#access?.crew.hear();
    this.#over.resolve();
  }

  /** Whether ticks come before a step: a realtime recording has times, and the steps of ticks are its own. */
  #isBetween(nextNs: number, next: RecordedStep): boolean {
    return !this.#isExact && nextNs < next.timeNs;
  }

  async #prepare(next: RecordedStep): Promise<void> {
    const { conductor } = this.#access ?? {};
    try {
      for (const change of next.changes) await this.#change(change);
      if (!this.#isExact && next.deeds.length > 0)
        await conductor?.atBoundary(() => this.#enactment?.between(conductor.step, next.deeds));
      // The step after the next one is read while this one is done.
      await this.#steps.ahead();
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
    const next = this.#steps.next as RecordedStep;
    if (this.#isBetween(nextNs, next)) {
      this.#now = undefined;
      return { timeNs: nextNs, isOutside: false };
    }
    // The step before is done.
    if (this.#isExact) this.#comparison.settle(true);
    this.#now = this.#steps.take();
    this.#comparison.expected(next.outputs);
    return next;
  }
}

/** The error with which a run that is over has failed, if it has. */
function failureOf(run: Run): Promise<Error | undefined> {
  return run.done.then(
    () => undefined,
    (error: unknown) => error as Error,
  );
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
