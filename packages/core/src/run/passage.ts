import { LatchReader } from '@troupe/mailbox';
import type { GraphDeclaration } from '../plan/types.ts';
import { openRecording } from '../recording/open.ts';
import type { Recording } from '../recording/reader.ts';
import type { Collected } from './collector.ts';
import type { StandIns } from './stand-ins.ts';
import { Rerun } from './rerun.ts';
import type { Companion, ReplayOptions } from './rerun.ts';
import type { EmittedMessage, Moment, PortMoment } from './rewind-types.ts';
import type { Run } from './types.ts';

/** The run has failed while it was done again. */
export class PassageFailure {
  /** In which step, or in one of some steps before it. */
  readonly step: number;
  readonly error: Error;

  constructor(step: number, error: Error) {
    this.step = step;
    this.error = error;
  }
}

export interface PassageParts {
  readonly declaration: GraphDeclaration;
  readonly path: string;
  readonly options: ReplayOptions;
  /** Logical times of the recorded steps. */
  readonly times: Float64Array;
}

/** How a passage is led on. */
export interface Leading {
  readonly goal: number;
  /** Moments from this step on are shown on the way. */
  readonly from: number;
  /** It stops in each step and listens, to find out in which one the run fails. */
  readonly isWary: boolean;
  readonly onMoment: (moment: Moment) => void;
}

interface PortState {
  readonly stage: string;
  readonly port: string;
  count: number;
  last: EmittedMessage | undefined;
}

/** A replay that stands between two steps, and can be led on. */
export class Passage implements Companion {
  limit = -1;
  /** The step that has been done last; -1: none. */
  position = -1;
  readonly #times: Float64Array;
  readonly #recording: Recording;
  readonly #rerun: Rerun;
  readonly #ports: readonly PortState[];
  readonly #portsOf: ReadonlyMap<string, ReadonlyMap<string, PortState>>;
  #run: Run | undefined;
  #arrival: PromiseWithResolvers<void> | undefined;
  #isHalted = false;
  #latches: readonly (readonly [name: string, reader: LatchReader])[] = [];
  #isOver = false;
  #error: Error | undefined;

  /** Starts the graph, and stands before its first step. Rejects as `replay` does. */
  static async open(parts: PassageParts): Promise<Passage> {
    const recording = await openRecording(parts.path);
    let passage: Passage | undefined;
    try {
      passage = new Passage(parts, recording);
      await passage.#begin();
      return passage;
    } catch (error) {
      await (passage === undefined ? recording.close() : passage.close());
      throw error;
    }
  }

  private constructor({ declaration, path, options, times }: PassageParts, recording: Recording) {
    this.#times = times;
    this.#recording = recording;
    this.#rerun = new Rerun(declaration, path, recording, options, this);
    const ports: PortState[] = this.#rerun.plan.actors.flatMap(({ name, outlets }) =>
      outlets.map(({ port }) => ({ stage: name, port, count: 0, last: undefined })),
    );
    this.#ports = ports;
    const byStage = Map.groupBy(ports, ({ stage }) => stage);
    this.#portsOf = new Map(
      [...byStage].map(([stage, own]) => [stage, new Map(own.map((p) => [p.port, p]))]),
    );
  }

  get standIns(): StandIns {
    return this.#rerun.standIns;
  }

  get isExact(): boolean {
    return this.#rerun.isExact;
  }

  /** Goes on to a step, or to where it is halted. Rejects `PassageFailure` when the run fails. */
  async lead({ goal, from, isWary, onMoment }: Leading): Promise<void> {
    this.#isHalted = false;
    // What is not to be shown is passed without a stop.
    while (this.position < goal && !this.#isHalted) {
      const next = this.position + 1;
      await this.#advance(isWary ? next : Math.max(next, Math.min(from, goal)));
      await this.#listen();
      if (this.position >= from) onMoment(this.look());
    }
  }

  /** Stops it at the end of the step that it is in, or comes to next. */
  halt(): void {
    this.#isHalted = true;
    // The changes before the next step may have been brought about: that step belongs to them.
    this.limit = Math.min(this.limit, this.position + 1);
  }

  /** What there is, where it stands. */
  look(): Moment {
    const { comparison, access } = this.#rerun;
    const run = this.#run as Run;
    const latchesAt = access.conductor.step + 1;
    return {
      step: this.position,
      timeNs: this.#times[this.position] ?? 0,
      divergence: comparison.divergence,
      compared: comparison.compared,
      ports: this.#ports.map(({ stage, port, count, last }): PortMoment => ({ stage, port, count, last })),
      latches: this.#latches.map(([name, reader]) => {
        reader.take(latchesAt);
        return { name, frame: reader.frame.slice(), time: reader.timeNs };
      }),
      events: run.events.list(),
      mode: run.modes.state,
      stats: run.stats(),
    };
  }

  onMessage({ stage, port, seq, time, payload }: Collected): void {
    const state = this.#portsOf.get(stage)?.get(port);
    if (state === undefined) return;
    const frame = payload.kind === 'frame' ? payload.frame : undefined;
    state.last = { frame, value: payload.kind === 'frame' ? undefined : payload.value, seq, time };
    state.count++;
  }

  onDone(index: number): void {
    this.position = index;
    if (index >= this.limit) this.#arrival?.resolve();
  }

  async close(): Promise<void> {
    this.#isOver = true;
    await this.#run?.stop();
    await this.#recording.close();
  }

  async #begin(): Promise<void> {
    const run = await this.#rerun.begin();
    this.#run = run;
    this.#rerun.over.then(
      () => this.#end(new Error('the replay has stopped')),
      (error: Error) => this.#end(error),
    );
    const { plan, shared } = this.#rerun.access;
    const clock = { nowNs: (): number => 0 };
    this.#latches = plan.latches.map(({ name }, index) => {
      return [name, new LatchReader(shared.latches[index] as SharedArrayBuffer, clock)];
    });
    await this.#listen();
  }

  #end(error: Error): void {
    this.#error = error;
    this.#arrival?.reject(new PassageFailure(this.position + 1, error));
  }

  async #advance(limit: number): Promise<void> {
    if (this.#error !== undefined) throw new PassageFailure(this.position + 1, this.#error);
    this.limit = limit;
    this.#arrival = Promise.withResolvers();
    this.#rerun.go();
    await this.#arrival.promise;
    this.#arrival = undefined;
  }

  /** A worker tells of what happens to its stages before it ends a round, and main hears of it later. */
  async #listen(): Promise<void> {
    try {
      await this.#rerun.hear();
    } catch {
      // It has been stopped, or has failed: its end says what it was.
      await this.#rerun.over.catch((error: Error) => {
        throw this.#isOver ? error : new PassageFailure(this.position, error);
      });
      throw new PassageFailure(this.position, new Error('the replay has stopped'));
    }
  }
}
