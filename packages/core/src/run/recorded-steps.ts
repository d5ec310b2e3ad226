import type {
  DeedEntry,
  LatchValueEntry,
  OutputEntry,
  PushEntry,
  RecordingEntry,
  SourceEntry,
} from '../recording/entries.ts';
import { outsideRunner } from './recorder.ts';

/** One step of a recording. */
export interface RecordedStep {
  /** It has none behind it. */
  readonly isLast: boolean;
  readonly timeNs: number;
  readonly isOutside: boolean;
  /** Modes, events, rates and a drain that it begins with, and the pushes before the drain. */
  readonly changes: readonly RecordingEntry[];
  readonly pushes: readonly PushEntry[];
  /** What came from stages that deal with the outside, by the round in which it came. */
  readonly sources: ReadonlyMap<number, readonly SourceEntry[]>;
  /** What stages that a replay may leave out did to events and latches. */
  readonly deeds: readonly (DeedEntry | LatchValueEntry)[];
  readonly outputs: readonly OutputEntry[];
  /** Sources that come to their end. */
  readonly over: readonly string[];
}

/** A recording step by step, read a little ahead. */
export class RecordedSteps {
  readonly #entries: AsyncGenerator<RecordingEntry>;
  readonly #ready: RecordedStep[] = [];
  /** Entries that belong to the step after those that are ready. */
  #changes: RecordingEntry[] = [];
  #first: RecordingEntry | undefined;
  #hasAll = false;
  #reason: string | undefined;

  constructor(entries: AsyncGenerator<RecordingEntry>) {
    this.#entries = entries;
  }

  /** The next step; `undefined` where none is ready. */
  get next(): RecordedStep | undefined {
    return this.#ready[0];
  }

  /** How the run ended; `undefined`: that is not known, or not yet. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** There is none any more. */
  get isOver(): boolean {
    return this.#hasAll && this.#ready.length === 0;
  }

  take(): RecordedStep | undefined {
    return this.#ready.shift();
  }

  /** Makes the first step ready. */
  load(): Promise<void> {
    return this.#until(1);
  }

  /** Makes the step after the next one ready. */
  ahead(): Promise<void> {
    return this.#until(2);
  }

  /** Reads to the end, for its `reason`. */
  async skip(): Promise<void> {
    while (!this.#hasAll) await this.#read();
  }

  async #until(count: number): Promise<void> {
    while (!this.#hasAll && this.#ready.length < count) {
      const step = await this.#read();
      if (step !== undefined) this.#ready.push(step);
    }
  }

  async #read(): Promise<RecordedStep | undefined> {
    const changes: RecordingEntry[] = this.#changes.splice(0);
    const pushes: PushEntry[] = [];
    const sources = new Map<number, SourceEntry[]>();
    const deeds: (DeedEntry | LatchValueEntry)[] = [];
    const outputs: OutputEntry[] = [];
    const over: string[] = [];
    let step = this.#first?.type === 'step' ? this.#first : undefined;
    this.#first = undefined;
    for (;;) {
      const { value: entry, done } = await this.#entries.next();
      if (done === true || entry.type === 'end') {
        if (entry?.type === 'end') this.#reason = entry.reason;
        this.#hasAll = true;
        break;
      }
      if (entry.type === 'step') {
        if (step === undefined) step = entry;
        else {
          this.#first = entry;
          break;
        }
      } else if (entry.type === 'push' && entry.step === step?.step) pushes.push(entry);
      else if (entry.type === 'source') {
        const round = sources.get(entry.flags) ?? [];
        round.push(entry);
        sources.set(entry.flags, round);
      } else if (entry.type === 'deed' || entry.type === 'latch') deeds.push(entry);
      else if (entry.type === 'output') outputs.push(entry);
      else if (entry.type === 'over') over.push(entry.stage);
      else if (step === undefined) changes.push(entry);
      else this.#changes.push(entry);
    }
    if (this.#hasAll) for await (const _ of this.#entries);
    if (step === undefined) return undefined;
    const isOutside = step.runners.includes(outsideRunner);
    const isLast = this.#hasAll;
    return { isLast, timeNs: step.time, isOutside, changes, pushes, sources, deeds, outputs, over };
  }
}
