import type { EdgeEnd, Plan } from '../../plan/types.ts';
import { mixed, hashOf } from './dice.ts';

/** What can happen at a point of a simulation. */
export const happenings = [
  'step',
  'control',
  'arm',
  'look',
  'strike',
  'wake',
  'open',
  'goodbye',
  'message',
  'timer',
  'turn',
  'notice',
  'time',
  'onInput',
  'onTick',
  'onDemand',
  'onPost',
  'push',
  'take',
  'mode',
  'fault',
  'lost',
] as const;

export type Happening = (typeof happenings)[number];

/** Something that has happened in a simulation. */
export interface TraceEntry {
  /** The point at which it has. */
  readonly step: number;
  /** Virtual time, ms. */
  readonly atMs: number;
  /** The thread: 0 is main, -1 the simulation itself. */
  readonly thread: number;
  readonly what: Happening;
  /** The stage, the kind of message, the fault, the mode, or the port; `''` where there is none. */
  readonly about: string;
  /** `onInput`, `take`: the seq of the message; otherwise what counts. */
  readonly number: number;
  /** `onInput`, `take`: which way the message has come. */
  readonly edge?: TraceEdge;
}

/** An edge, as a trace tells of it. */
export interface TraceEdge {
  /** The thread at its beginning. */
  readonly fromThread: number;
  /** `stage.port`, or the name of a boundary port. */
  readonly from: string;
  readonly to: string;
}

/** The newest things that have happened, and a digest of all. */
export class Trace {
  readonly #size: number;
  readonly #steps: Float64Array;
  readonly #times: Float64Array;
  readonly #threads: Int16Array;
  readonly #whats: Uint8Array;
  readonly #abouts: string[];
  readonly #numbers: Float64Array;
  readonly #edges: Int32Array;
  readonly #hashes = new Map<string, number>();
  #count = 0;
  #digest = 0;
  /** By their indices in the plan. */
  edges: readonly TraceEdge[] = [];

  /** Keeps the newest `size`. */
  constructor(size: number) {
    this.#size = Math.max(1, size);
    this.#steps = new Float64Array(this.#size);
    this.#times = new Float64Array(this.#size);
    this.#threads = new Int16Array(this.#size);
    this.#whats = new Uint8Array(this.#size);
    this.#abouts = Array.from({ length: this.#size }, () => '');
    this.#numbers = new Float64Array(this.#size);
    this.#edges = new Int32Array(this.#size);
  }

  /** Of everything that was ever noted: two simulations with the same digest went the same way. */
  get digest(): string {
    return (this.#digest >>> 0).toString(16).padStart(8, '0');
  }

  /** `what`: an index into `happenings`; `edge`: into the plan's, -1 where there is none. */
  note(
    step: number,
    atMs: number,
    thread: number,
    what: number,
    about: string,
    number: number,
    edge: number = -1,
  ): void {
    const at = this.#count++ % this.#size;
    this.#steps[at] = step;
    this.#times[at] = atMs;
    this.#threads[at] = thread;
    this.#whats[at] = what;
    this.#abouts[at] = about;
    this.#numbers[at] = number;
    this.#edges[at] = edge;
    this.#digest = mixed(this.#digest + what, thread + step * 31);
    this.#digest = mixed(this.#digest ^ (number | 0), (atMs * 1e6) | 0);
    if (about !== '') this.#digest = mixed(this.#digest, this.#hash(about));
  }

  /** The newest, oldest first. */
  entries(most: number = this.#size): readonly TraceEntry[] {
    const count = Math.min(most, this.#size, this.#count);
    return Array.from({ length: count }, (_, i) => {
      const at = (this.#count - count + i) % this.#size;
      const edge = this.edges[this.#edges[at] as number];
      return {
        step: this.#steps[at] as number,
        atMs: this.#times[at] as number,
        thread: this.#threads[at] as number,
        what: happenings[this.#whats[at] as number] as Happening,
        about: this.#abouts[at] as string,
        number: this.#numbers[at] as number,
        ...(edge === undefined ? {} : { edge }),
      };
    });
  }

  #hash(about: string): number {
    let hash = this.#hashes.get(about);
    if (hash === undefined) this.#hashes.set(about, (hash = hashOf(about)));
    return hash;
  }
}

/** The edges of a plan, as a trace tells of them. */
export function traceEdges({ actors, edges }: Plan): readonly TraceEdge[] {
  const nameOf = (end: EdgeEnd): string =>
    end.kind === 'boundary' ? end.name : `${actors[end.actor]?.name ?? '?'}.${end.port}`;
  return edges.map(({ from, to }) => ({
    fromThread: from.kind === 'boundary' ? 0 : (actors[from.actor]?.worker ?? 0),
    from: nameOf(from),
    to: nameOf(to),
  }));
}

/** The number of each happening. */
export const happened = Object.fromEntries(happenings.map((name, at) => [name, at])) as Readonly<
  Record<Happening, number>
>;
