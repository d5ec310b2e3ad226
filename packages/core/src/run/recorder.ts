import { decode } from '@troupe/mailbox';
import type { FrameArray } from '@troupe/mailbox';
import type { Plan } from '../plan/types.ts';
import type { RecordingEntry } from '../recording/entries.ts';
import type { RecordingWriter } from '../recording/writer.ts';
import type { Collector } from './collector.ts';
import type { Deeds } from './deeds.ts';
import { isOutside } from './outside.ts';

/** In place of a runner: the step had a round for what comes from outside. */
export const outsideRunner = 65_535;

/** What a recorder is told by whoever leads the steps of a run. */
export interface StepObserver {
  /** A step begins: its logical time, the runners that are due, and whether something comes from outside. */
  onStep(step: number, timeNs: number, runners: readonly number[], isOutside: boolean): void;
  /** A round is about to begin, the `place`-th of its step. */
  onOpen?(step: number, place: number): void;
  /** What has been pushed is taken in. */
  onAdmit(step: number): void;
  /** A round has ended, the `place`-th of its step. */
  onRound(step: number, place: number): void;
  /** All rounds of a step have ended, and what stages have changed in it has taken effect. */
  onBoundary?(step: number): void;
}

/** Writes down what happens to a run, and what it makes of it. */
export class Recorder implements StepObserver {
  readonly #plan: Plan;
  readonly #writer: RecordingWriter;
  readonly #collector: Collector;
  readonly #deeds: Deeds;
  /** Called with what has to be waited for before the run may go on. */
  readonly #hold: (room: Promise<void>) => void;
  readonly #onError: (error: Error) => void;
  /** Pushes that no step has taken in. */
  readonly #pushes: Extract<RecordingEntry, { type: 'push' }>[] = [];
  /** Changes from outside that the next step begins with. */
  readonly #changes: RecordingEntry[] = [];
  #step = -1;
  /** The round that is being done, by its place in the step; -1: none. */
  #openPlace = -1;

  constructor(parts: {
    readonly plan: Plan;
    readonly writer: RecordingWriter;
    readonly collector: Collector;
    readonly deeds: Deeds;
    readonly hold: (room: Promise<void>) => void;
    readonly onError: (error: Error) => void;
  }) {
    this.#plan = parts.plan;
    this.#writer = parts.writer;
    this.#collector = parts.collector;
    this.#deeds = parts.deeds;
    this.#hold = parts.hold;
    this.#onError = parts.onError;
  }

  /** Something has been pushed; `data`: a frame, or the bytes of a value. It is copied. */
  onPush(input: string, seq: number, time: number, data: FrameArray): void {
    const dtype = this.#plan.inputs.find(({ name }) => name === input)?.dtype;
    const payload =
      dtype === undefined
        ? ({ kind: 'value', value: decode(Buffer.from(data as Uint8Array)) } as const)
        : ({ kind: 'frame', dtype, frame: data.slice() } as const);
    this.#pushes.push({ type: 'push', step: 0, input, seq, time, payload });
  }

  /** A mode, an event or a rate has changed from outside. */
  onChange(change: RecordingEntry): void {
    this.#changes.push(change);
  }

  /** The run was told to drain: what has been pushed before is taken in now. */
  onDrain(isOver: boolean): void {
    this.#changes.push(...this.#pushes.splice(0), { type: 'drain', step: 0, isOver });
  }

  onStep(step: number, timeNs: number, runners: readonly number[], isOutside: boolean): void {
    this.#step = step;
    for (const change of this.#changes.splice(0)) this.#write({ ...change, step });
    this.#write({
      type: 'step',
      step,
      time: timeNs,
      runners: isOutside ? [...runners, outsideRunner] : runners,
    });
  }

  onAdmit(step: number): void {
    for (const push of this.#pushes.splice(0)) this.#write({ ...push, step });
  }

  onOpen(_step: number, place: number): void {
    this.#openPlace = place;
  }

  onRound(step: number, place: number): void {
    this.#collector.pump();
    this.#finish(step, place, true);
  }

  onBoundary(step: number): void {
    for (const deed of this.#deeds.look()) this.#write({ ...deed, step });
  }

  /** Writes what has come. `hasEnds`: also which sources have ended. */
  #finish(step: number, place: number, hasEnds: boolean): void {
    this.#openPlace = -1;
    const outputs: RecordingEntry[] = [];
    this.#collector.flush((message, actor) => {
      if (isOutside(this.#plan, actor)) this.#write({ type: 'source', step, flags: place, ...message });
      else outputs.push({ type: 'output', step, ...message });
    });
    for (const actor of hasEnds ? this.#collector.ended() : []) {
      if (isOutside(this.#plan, actor)) this.#write({ type: 'over', step, stage: actor.name });
    }
    // Causes before effects: wherever the file is cut, what is compared has had all that it came from.
    for (const output of outputs) this.#write(output);
  }

  /** Takes what has come. `nowNs`: on the realtime clock, which has no steps, that makes one. */
  pump(nowNs: number | undefined): boolean {
    const hasCome = this.#collector.pump();
    if (nowNs === undefined) return hasCome;
    // What a handler does to an event is done before what it emits is seen: so it has been done by now.
    const deeds = this.#deeds.look();
    const isQuiet = this.#pushes.length === 0 && this.#changes.length === 0;
    if (!hasCome && isQuiet && deeds.length === 0) return false;
    const step = this.#step + 1;
    this.onStep(step, Math.max(0, nowNs), [], true);
    for (const deed of deeds) this.#write({ ...deed, step });
    this.onAdmit(step);
    this.#finish(step, 0, true);
    return true;
  }

  hasWork(): boolean {
    return this.#collector.hasWork();
  }

  /**
   * The run is over, on all threads. A round that was broken off is written as far as it came: so a replay
   * comes to what broke it off. Sources that were stopped have not come to their end.
   */
  async close(reason: string): Promise<void> {
    if (this.#openPlace >= 0) this.#finish(this.#step, this.#openPlace, reason === 'ended');
    this.#collector.close();
    this.#write({ type: 'end', step: Math.max(0, this.#step), reason });
    await this.#writer.close();
  }

  #write(entry: RecordingEntry): void {
    try {
      const room = this.#writer.write(entry);
      if (room !== undefined) this.#hold(room);
    } catch (error) {
      this.#onError(error as Error);
    }
  }
}
