import type { RecordingEntry } from '../recording/entries.ts';
import type { Recording, RecordingTail } from '../recording/reader.ts';
import { Thinned } from '../recording/thinned.ts';
import type { Mark } from './rewind-types.ts';

/** Marks of pushes, and of all else, that are kept. */
const pushMarksMax = 500;
const otherMarksMax = 2_000;

/** What a recording holds, and when. */
export interface Chronicle {
  /** Logical times of the steps that it holds to their end, in integer nanoseconds; they never fall. */
  readonly times: Float64Array;
  readonly marks: readonly Mark[];
  readonly marksLeftOut: number;
  readonly tail: RecordingTail;
  /** How the run ended; `undefined`: the recording does not say. */
  readonly reason: string | undefined;
  /** A step was begun that it does not hold to its end. */
  readonly isCut: boolean;
}

/** Reads a recording from its beginning to where it ends now. */
export async function readChronicle(recording: Recording): Promise<Chronicle> {
  const reading = new Reading();
  for await (const entry of recording.entries()) reading.take(entry);
  return reading.finish(recording.tail as RecordingTail);
}

type PushMark = Extract<Mark, { kind: 'push' }>;
type CountedPush = { -readonly [Key in keyof PushMark]: PushMark[Key] };

class Reading {
  #times = new Float64Array(1_024);
  #count = 0;
  readonly #marks = new Thinned<Mark>(otherMarksMax);
  readonly #pushMarks = new Thinned<Mark>(pushMarksMax);
  /** Of the step that is being read: they count when it has come to its end. */
  readonly #now: Mark[] = [];
  /** Before the step that they belong to. */
  readonly #changes: RecordingEntry[] = [];
  readonly #pushes = new Map<string, CountedPush>();
  #reason: string | undefined;

  take(entry: RecordingEntry): void {
    const { type } = entry;
    if (type === 'step') {
      this.#finishStep();
      if (this.#count === this.#times.length) this.#grow();
      this.#times[this.#count++] = entry.time;
      for (const change of this.#changes.splice(0)) this.#mark(change);
    } else if (type === 'push' || type === 'over') {
      // What is pushed before a drain is written before the step that takes it in.
      if (entry.step === this.#step) this.#mark(entry);
      else this.#changes.push(entry);
    } else if (type === 'mode' || type === 'event' || type === 'rate' || type === 'drain') {
      this.#changes.push(entry);
    } else if (type === 'end') {
      this.#reason = entry.reason;
      this.#finishStep();
      this.#mark(entry);
      this.#finishStep();
    }
  }

  finish(tail: RecordingTail): Chronicle {
    const isCut = this.#reason === undefined && this.#count > 0;
    const [some, pushes] = [this.#marks, this.#pushMarks];
    return {
      times: this.#times.slice(0, isCut ? this.#count - 1 : this.#count),
      marks: [...some.kept, ...pushes.kept].sort((a, b) => a.step - b.step),
      marksLeftOut: some.leftOut + pushes.leftOut,
      tail,
      reason: this.#reason,
      isCut,
    };
  }

  get #step(): number {
    return this.#count - 1;
  }

  #finishStep(): void {
    for (const mark of this.#now.splice(0)) (mark.kind === 'push' ? this.#pushMarks : this.#marks).add(mark);
    this.#pushes.clear();
  }

  #mark(entry: RecordingEntry): void {
    const at = { step: this.#step, timeNs: this.#times[this.#step] ?? 0 };
    if (entry.type === 'push') {
      const counted = this.#pushes.get(entry.input);
      if (counted !== undefined) {
        counted.count++;
        return;
      }
      const mark: CountedPush = { ...at, kind: 'push', input: entry.input, count: 1 };
      this.#now.push(mark);
      this.#pushes.set(entry.input, mark);
    } else if (entry.type === 'mode') this.#now.push({ ...at, kind: 'mode', mode: entry.mode });
    else if (entry.type === 'rate') this.#now.push({ ...at, kind: 'rate', stage: entry.stage, hz: entry.hz });
    else if (entry.type === 'drain') this.#now.push({ ...at, kind: 'drain', isOver: entry.isOver });
    else if (entry.type === 'over') this.#now.push({ ...at, kind: 'over', stage: entry.stage });
    else if (entry.type === 'end') this.#now.push({ ...at, kind: 'end', reason: entry.reason });
    else if (entry.type === 'event') {
      this.#now.push({ ...at, kind: 'event', event: entry.event, change: entry.change });
    }
  }

  #grow(): void {
    const times = new Float64Array(this.#times.length * 2);
    times.set(this.#times);
    this.#times = times;
  }
}

/** The last step at or before that time; -1: there is none. */
export function stepAt(times: Float64Array, timeNs: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] as number) <= timeNs) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
