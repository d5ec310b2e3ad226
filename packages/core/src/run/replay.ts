import type { Doorbell } from '@troupe/mailbox';
import type { SharedRun } from '../drivers/messages.ts';
import { compile } from '../plan/compile.ts';
import type { GraphDeclaration, Plan, StageEntry } from '../plan/types.ts';
import type { RecordingHeader } from '../recording/entries.ts';
import { RecordingError } from '../recording/errors.ts';
import { planHash } from '../recording/plan-hash.ts';
import { openRecording } from '../recording/reader.ts';
import type { Recording, RecordingTail } from '../recording/reader.ts';
import { defineStage } from '../stage.ts';
import type { AnyStage, Out, StageContext } from '../stage.ts';
import type { BoundaryInput } from './boundary-input.ts';
import { Collector } from './collector.ts';
import type { Collected } from './collector.ts';
import { Comparison } from './comparison.ts';
import type { Divergence } from './comparison.ts';
import type { Conductor, Script } from './conductor.ts';
import { isFedForward, isOutside } from './recorder.ts';
import type { StepObserver } from './recorder.ts';
import { RecordedSteps } from './recorded-steps.ts';
import type { RecordedStep } from './recorded-steps.ts';
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
  /** How the recording ends. */
  readonly tail: RecordingTail | undefined;
}

/** What a replay needs of the run that it drives. */
export interface ReplayAccess {
  readonly plan: Plan;
  readonly shared: SharedRun;
  readonly bells: readonly Doorbell[];
  readonly conductor: Conductor;
  readonly inputs: ReadonlyMap<string, BoundaryInput>;
}

/** Drives a run from outside. */
export interface ReplayDriver {
  readonly script: Script;
  /** Everything is ready, nothing runs yet. */
  attach(access: ReplayAccess): void;
}

/** More than any call of a player emits. */
const spillMax = 2 ** 24;

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
  readonly #declaration: GraphDeclaration;
  readonly #header: RecordingHeader;
  readonly #options: ReplayOptions;
  readonly #recording: Recording;
  readonly #steps: RecordedSteps;
  readonly #comparison: Comparison;
  /** Hands messages to the stage that emits them in place of another one. */
  readonly #players = new Map<string, (messages: readonly Collected[]) => void>();
  /** Players that end when they are asked next. */
  readonly #ending = new Set<string>();
  readonly #leftOut: string[] = [];
  readonly #over = Promise.withResolvers<void>();
  /** Plan of the graph as it was recorded. */
  readonly #plan: Plan;
  #access: ReplayAccess | undefined;
  #collector: Collector | undefined;
  #run: Run | undefined;
  /** The step that is being done. */
  #now: RecordedStep | undefined;
  /** The step whose changes are being brought about, or have been. */
  #prepared = -1;
  #isPreparing = false;
  #done = 0;

  constructor(declaration: GraphDeclaration, path: string, recording: Recording, options: ReplayOptions) {
    this.#declaration = declaration;
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
    this.#comparison = new Comparison();
  }

  async play(): Promise<ReplayReport> {
    const { seed, clock } = this.#header;
    const { withEffects: _, ...options } = this.#options;
    await this.#steps.load();
    const run = await startRun(this.#standIn(), { ...options, seed, clock: 'fast', recordable: true }, this);
    this.#run = run;
    this.#access?.conductor.release();
    run.done.then(
      () => this.#over.resolve(),
      (error: unknown) => this.#over.reject(error),
    );
    try {
      await this.#over.promise;
    } finally {
      await run.stop();
    }
    const isExact = clock !== 'realtime';
    const isWhole = this.#recording.tail?.status === 'complete';
    return {
      steps: this.#done,
      compared: this.#comparison.compared,
      divergence:
        this.#comparison.divergence ?? (isExact && isWhole ? this.#comparison.missing() : undefined),
      isExact,
      leftOut: this.#leftOut,
      tail: this.#recording.tail,
    };
  }

  attach(access: ReplayAccess): void {
    this.#access = access;
    this.#collector = new Collector(access.plan, access.shared, access.bells);
    access.conductor.observe(this);
  }

  get script(): Script {
    return { isReady: (step) => this.#isReady(step), take: (nextNs) => this.#take(nextNs) };
  }

  onStep(): void {
    this.#done++;
  }

  onOpen(_step: number, place: number): void {
    if (place === 0) for (const stage of this.#now?.over ?? []) this.#ending.add(stage);
    const messages = this.#now?.sources.get(place) ?? [];
    for (const [stage, own] of Map.groupBy(messages, (message) => message.stage)) {
      this.#players.get(stage)?.(own);
    }
  }

  onAdmit(): void {
    for (const { input, time, payload } of this.#now?.pushes ?? []) {
      this.#access?.inputs.get(input)?.put(payload, time);
    }
  }

  onRound(): void {
    this.pump();
    this.#collector?.flush((message, { index }) => {
      const actor = this.#plan.actors[index];
      if (actor !== undefined && !isOutside(this.#plan, actor)) this.#comparison.actual(message);
    });
    if (this.#comparison.divergence !== undefined) this.#over.resolve();
  }

  /** Takes what the stages have emitted, so that nobody waits for it. */
  pump(): boolean {
    return this.#collector?.pump() === true;
  }

  /** Whether the next step is known, and what it begins with has been brought about. */
  #isReady(step: number): boolean {
    if (this.#comparison.divergence !== undefined || this.#isPreparing) return false;
    const next = this.#steps.next;
    if (next === undefined) {
      if (this.#steps.isOver) this.#over.resolve();
      return false;
    }
    if (this.#prepared >= step) return true;
    this.#isPreparing = true;
    void this.#prepare(next, step);
    return false;
  }

  async #prepare(next: RecordedStep, step: number): Promise<void> {
    const run = this.#run;
    const { conductor } = this.#access ?? {};
    try {
      // The step after the next one is read while this one is done.
      for (const change of next.changes) {
        if (change.type === 'mode') await run?.modes.request(change.mode, { cause: 'recorded' });
        else if (change.type === 'event' && change.change === 'set') await run?.events.set(change.event);
        else if (change.type === 'event') await run?.events.reset(change.event);
        else if (change.type === 'drain') {
          void run?.stop({ drain: true });
          // It has taken effect when what is asked for after it has.
          await conductor?.atBoundary(() => undefined);
        } else if (change.type === 'rate') await run?.setRate(targetOf(change.stage), change.hz);
      }
      await this.#steps.ahead();
      this.#prepared = step;
    } catch (error) {
      this.#over.reject(error);
    }
    this.#isPreparing = false;
    conductor?.release();
  }

  #take(nextNs: number): { readonly timeNs: number; readonly isOutside: boolean } {
    const next = this.#steps.next as RecordedStep;
    // A realtime recording has the times at which things came; ticks have their own.
    if (this.#header.clock === 'realtime' && nextNs < next.timeNs) {
      this.#now = undefined;
      return { timeNs: nextNs, isOutside: false };
    }
    this.#now = this.#steps.take();
    for (const output of next.outputs) this.#comparison.expected(output);
    return next;
  }

  /** The graph with stand-ins for stages that are not to run, and without its outputs to the application. */
  #standIn(): GraphDeclaration {
    const { stages, ...rest } = this.#declaration;
    return {
      ...rest,
      outputs: [],
      stages: stages.map((entry, index) => {
        const actor = this.#plan.actors[index];
        if (actor === undefined) return entry;
        const isFed = isFedForward(this.#plan, actor);
        const hasEffects = actor.outlets.length === 0 || (actor.io && isFed);
        const isPlayed = isOutside(this.#plan, actor) && !(isFed && this.#options.withEffects === true);
        if (!isPlayed && !(hasEffects && this.#options.withEffects !== true)) return entry;
        this.#leftOut.push(entry.name);
        return this.#silenced(entry, isPlayed && !isFed);
      }),
    };
  }

  /** A stage of the same ports and ticks on main, which does nothing but emit what it is told to. */
  #silenced({ name, stage, settings }: StageEntry, isSource: boolean): StageEntry {
    const { inputs, outputs, options } = stage;
    const player = defineStage({
      name: stage.name,
      inputs,
      outputs,
      options,
      create: ({ post }: StageContext) => {
        this.#players.set(name, post);
        return {
          isPlayer: true,
          ...(isSource && { onDemand: () => (this.#ending.has(name) ? 'end' : undefined) }),
          onInput() {},
          onTick() {},
          onPost(messages: unknown, out: Out) {
            for (const message of messages as readonly Collected[]) emit(message, out);
          },
        };
      },
    }) as AnyStage;
    const kept = { options: settings.options, spillMax, ...(settings.tick && { tick: settings.tick }) };
    return { name, stage: player, settings: kept };
  }
}

function emit({ port, time, payload }: Collected, out: Out): void {
  out.at(time);
  if (payload.kind === 'frame') out.send(port, payload.frame);
  else out.send(port, payload.value);
}

function targetOf(stage: string): string | { readonly runner: string } {
  return stage.startsWith(':') ? { runner: stage.slice(1) } : stage;
}
