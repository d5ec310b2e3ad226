import { lineBytes, lineWords } from '@troupe/mailbox';
import { EventFullError } from '../errors.ts';
import type { ThreadTime } from '../executor/thread-time.ts';

/** The most activations that an event counts. */
export const activationsMax: number = 2 ** 22;
/** The most stages that one event can let run once each: their numbers fit seven bits. */
export const takersMax = 127;

/** Int32 positions in the header line. */
const header = { isStepped: 0, isOver: 1, isNoted: 2 } as const;
/** Int32 positions in an event's line. docs/events.md says who writes each of them. */
const eventWord = { given: 0, gone: 1, version: 2, shown: 3, ownAsk: 4 } as const;
/** Int32 positions in what is asked of an event: from `ownAsk` on, and in the lines of askers. */
const askWord = { toGive: 0, toTake: 1, toClear: 2 } as const;
/** Int32 positions in a taker's line. */
const takerWord = { taken: 0, done: 1 } as const;

/** Activations are numbered modulo 2^24: what is left of `gone` beside who was last. */
const numberMask = 0xff_ff_ff;

/** What the events of a run take up: a line for each, for each taker of activations, and for each asker. */
export interface EventSizes {
  /** For each event, whether it is set from the start. */
  readonly initial: readonly boolean[];
  /** Stages that take activations, of all events. */
  readonly takers: number;
  /** Stages that change events in their handlers, once for each event that they change. */
  readonly askers: number;
  /** Changes by handlers take effect at step boundaries (`settle`) instead of at once. */
  readonly isStepped?: boolean;
}

/** Shared memory for the events of a run. */
export function allocateEvents({
  initial,
  takers,
  askers,
  isStepped = false,
}: EventSizes): SharedArrayBuffer {
  const memory = new SharedArrayBuffer((1 + initial.length + takers + askers) * lineBytes);
  const words = new Int32Array(memory);
  words[header.isStepped] = Number(isStepped);
  for (const [event, isSet] of initial.entries()) {
    const base = (1 + event) * lineWords;
    words[base + eventWord.given] = Number(isSet);
    words[base + eventWord.shown] = Number(isSet);
  }
  return memory;
}

/** A stage that takes activations of an event, by its numbers in the plan. */
export interface TakerPlace {
  readonly event: number;
  /** Among the takers of the event, from 1. */
  readonly number: number;
  /** Among the takers of all events, from 0. */
  readonly line: number;
}

/** Where an event's takers have their lines, by number, and its askers theirs. */
interface EventLines {
  readonly takers: readonly number[];
  readonly askers: readonly number[];
}

/** What has been asked of an event in a step; or, under the realtime clock, done to it. */
export interface Asked {
  readonly sets: number;
  readonly resets: number;
  readonly isCleared: boolean;
}

/** Told who has asked for what. */
export type OnAsked = (event: number, asker: number, asked: Asked) => void;

/**
 * The events of a run in shared memory, from any thread. An event is a count of activations: how many were
 * given, less how many are gone. Every change is one compare-and-swap, so nobody waits for anybody, and a
 * thread that dies between two of them leaves nothing half done (docs/events.md, "In shared memory").
 */
export class EventTable {
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly isStepped: boolean;
  readonly #plans: readonly EventLines[];
  /** Lines before those of the askers. */
  readonly #linesBefore: number = 0;

  constructor(memory: SharedArrayBuffer, events: readonly EventLines[]) {
    this.words = new Int32Array(memory);
    this.isStepped = this.words[header.isStepped] === 1;
    this.#plans = events;
    this.#linesBefore = events.reduce((sum, { takers }) => sum + takers.length, 1 + events.length);
  }

  /** Activations that nobody has taken, as handlers see it: between two steps it does not change. */
  count(event: number): number {
    // Acquires the last boundary.
    return this.isStepped ? Atomics.load(this.words, at(event) + eventWord.shown) : this.available(event);
  }

  /** Activations that can be taken now. */
  available(event: number): number {
    // In this order: what is gone was given before, so the difference is never negative.
    const gone = Atomics.load(this.words, at(event) + eventWord.gone);
    return this.#left(event, gone);
  }

  /** Counts every time that activations were given, modulo 2^32: tells a waiter that it has missed one. */
  given(event: number): number {
    return Atomics.load(this.words, at(event) + eventWord.given);
  }

  /** A handler adds an activation. True when that takes effect at once. Throws `EventFullError`. */
  set(event: number, name: string, asker: number): boolean {
    if (!this.isStepped) {
      this.give(event, name);
      this.#tell(asker, askWord.toGive, 1);
      return true;
    }
    if (this.available(event) + this.#toGive(event) >= activationsMax) throw new EventFullError(name);
    // Publishes to the boundary, which comes after this handler.
    Atomics.add(this.words, this.#askerAt(asker) + askWord.toGive, 1);
    return false;
  }

  /** A handler takes an activation back. False when there was none. */
  reset(event: number, asker: number): boolean {
    if (!this.isStepped) return this.#takeAs(event, asker, 1) === 1;
    Atomics.add(this.words, this.#askerAt(asker) + askWord.toTake, 1);
    return this.count(event) > 0;
  }

  /** A handler takes all activations back. How many there were. */
  clear(event: number, asker: number): number {
    if (!this.isStepped) return this.#takeAs(event, asker, Infinity);
    Atomics.store(this.words, this.#askerAt(asker) + askWord.toClear, 1);
    return this.count(event);
  }

  /** The owner asks for a change at the boundary that comes next, as handlers do under a clock of steps. */
  ask(event: number, { sets, resets, isCleared }: Asked): void {
    const base = at(event) + eventWord.ownAsk;
    Atomics.add(this.words, base + askWord.toGive, sets);
    Atomics.add(this.words, base + askWord.toTake, resets);
    if (isCleared) Atomics.store(this.words, base + askWord.toClear, 1);
  }

  /** Adds an activation now, and wakes those who wait in `wait`. Throws `EventFullError`. */
  give(event: number, name: string): void {
    const word = at(event) + eventWord.given;
    for (;;) {
      const given = Atomics.load(this.words, word);
      if (this.available(event) >= activationsMax) throw new EventFullError(name);
      // Publishes the activation.
      if (Atomics.compareExchange(this.words, word, given, (given + 1) | 0) === given) break;
    }
    this.announce(event);
  }

  /** Takes up to `count` activations now. How many there were to take. */
  take(event: number, count: number): number {
    const word = at(event) + eventWord.gone;
    for (;;) {
      const gone = Atomics.load(this.words, word);
      const taken = Math.min(count, this.#left(event, gone));
      if (taken <= 0) return 0;
      this.#note(event, gone);
      // As many are left or more: what was given only grows.
      if (Atomics.compareExchange(this.words, word, gone, goneBy(gone, taken, 0)) === gone) return taken;
    }
  }

  /**
   * A stage takes one activation for the run that it is about to begin: it is in its hand until `done` says
   * that the run has been committed. False when there is none.
   */
  takeFor(place: TakerPlace): boolean {
    const word = at(place.event) + eventWord.gone;
    const turn = (Atomics.load(this.words, this.#takerAt(place.line) + takerWord.taken) + 1) & 1;
    for (;;) {
      const gone = Atomics.load(this.words, word);
      if (this.#left(place.event, gone) <= 0) return false;
      this.#note(place.event, gone);
      const next = goneBy(gone, 1, (place.number << 1) | turn);
      if (Atomics.compareExchange(this.words, word, gone, next) !== gone) continue;
      this.#note(place.event, next);
      return true;
    }
  }

  /** How many activations a stage has ever taken, after what its dead predecessor may have left to note. */
  taken(place: TakerPlace): number {
    this.#note(place.event, Atomics.load(this.words, at(place.event) + eventWord.gone));
    return Atomics.load(this.words, this.#takerAt(place.line) + takerWord.taken);
  }

  /** How many of them have been used up by runs that were committed. */
  done(place: TakerPlace): number {
    return Atomics.load(this.words, this.doneAt(place));
  }

  /** The word that a stage's commit stores: only that stage writes it, so that a commit can be repeated. */
  doneAt(place: TakerPlace): number {
    return this.#takerAt(place.line) + takerWord.done;
  }

  /**
   * The conductor, at a step boundary, while no handler runs: what handlers have asked for takes effect.
   * Resets and clears mean what there was in the step, sets come after them. The events that were given
   * something. `onAsked`: told of what each asker has asked for.
   */
  settle(onAsked?: OnAsked): number[] {
    const risen: number[] = [];
    for (let event = 0; event < this.#plans.length; event++) {
      const { sets, resets, isCleared } = this.#collect(event, onAsked);
      this.take(event, isCleared ? Infinity : resets);
      if (sets > 0) {
        // Every set has looked for room: what several threads added at once fits into the number's slack.
        Atomics.add(this.words, at(event) + eventWord.given, sets);
        this.announce(event);
        risen.push(event);
      }
      this.show(event);
    }
    return risen;
  }

  /** From now on handlers note what they do, also where that takes effect at once: see `collect`. */
  note(): void {
    Atomics.store(this.words, header.isNoted, 1);
  }

  isNoted(): boolean {
    return Atomics.load(this.words, header.isNoted) === 1;
  }

  /** What handlers have done since the last call, where that takes effect at once. */
  collect(onAsked: OnAsked): void {
    for (let event = 0; event < this.#plans.length; event++) this.#collect(event, onAsked);
  }

  /** What handlers see from now on. */
  show(event: number): void {
    // Publishes the boundary.
    Atomics.store(this.words, at(event) + eventWord.shown, this.available(event));
  }

  /** To be read before a look that may lead to `wait`. */
  version(event: number): number {
    return Atomics.load(this.words, at(event) + eventWord.version);
  }

  /** Resolves when something has been announced since `version`; `undefined` when that is so already. */
  wait(event: number, version: number, time: ThreadTime): Promise<unknown> | undefined {
    return time.changed(this.words, at(event) + eventWord.version, version);
  }

  /** Lets everybody who waits look again. */
  announce(event: number): void {
    const word = at(event) + eventWord.version;
    // Ordered after the change that is announced: whoever waits for this version has not seen it.
    Atomics.add(this.words, word, 1);
    Atomics.notify(this.words, word);
  }

  /** As `announce`, for all events: somebody may have died between a change and its announcement. */
  announceAll(): void {
    for (let event = 0; event < this.#plans.length; event++) this.announce(event);
  }

  /** The run is over: nobody waits any more. */
  close(): void {
    // Publishes the end before it is announced.
    Atomics.store(this.words, header.isOver, 1);
    this.announceAll();
  }

  isOver(): boolean {
    return Atomics.load(this.words, header.isOver) === 1;
  }

  #left(event: number, gone: number): number {
    // Acquires what was given before it was announced.
    return (Atomics.load(this.words, at(event) + eventWord.given) - (gone >>> 8)) & numberMask;
  }

  /**
   * Notes, with the stage that took the last activation, that it has. The stage does so itself; whoever takes
   * the next activation, and the successor of a stage that died in between, make sure of it. Done once: while
   * `gone` is the same, `taken` is either as it was before (the other parity) or has been noted.
   */
  #note(event: number, gone: number): void {
    const number = (gone >>> 1) & takersMax;
    if (number === 0) return;
    const word = this.#takerAt(this.#plans[event]?.takers[number - 1] ?? 0) + takerWord.taken;
    const taken = Atomics.load(this.words, word);
    if ((taken & 1) === (gone & 1)) return;
    // A later activation has been taken: this one was noted before.
    if (Atomics.load(this.words, at(event) + eventWord.gone) !== gone) return;
    Atomics.compareExchange(this.words, word, taken, (taken + 1) | 0);
  }

  #takerAt(line: number): number {
    return (1 + this.#plans.length + line) * lineWords;
  }

  #askerAt(line: number): number {
    return (this.#linesBefore + line) * lineWords;
  }

  /** Sets that wait for the boundary. */
  #toGive(event: number): number {
    let sum = Atomics.load(this.words, at(event) + eventWord.ownAsk + askWord.toGive);
    for (const asker of this.#plans[event]?.askers ?? [])
      sum += Atomics.load(this.words, this.#askerAt(asker) + askWord.toGive);
    return sum;
  }

  #takeAs(event: number, asker: number, count: number): number {
    const taken = this.take(event, count);
    this.#tell(asker, askWord.toTake, taken);
    return taken;
  }

  /** Notes what has been done already, for whoever collects it. */
  #tell(asker: number, word: number, count: number): void {
    if (count > 0 && this.isNoted()) Atomics.add(this.words, this.#askerAt(asker) + word, count);
  }

  /** What has been asked for in all, and none of it is left. */
  #collect(event: number, onAsked: OnAsked | undefined): Asked {
    let { sets, resets, isCleared } = this.#drain(at(event) + eventWord.ownAsk) ?? nothing;
    for (const asker of this.#plans[event]?.askers ?? []) {
      const asked = this.#drain(this.#askerAt(asker));
      if (asked === undefined) continue;
      sets += asked.sets;
      resets += asked.resets;
      isCleared ||= asked.isCleared;
      onAsked?.(event, asker, asked);
    }
    return { sets, resets, isCleared };
  }

  #drain(base: number): Asked | undefined {
    // Most steps change nothing, and a load costs less than an exchange.
    const hasAny =
      Atomics.load(this.words, base + askWord.toGive) !== 0 ||
      Atomics.load(this.words, base + askWord.toTake) !== 0 ||
      Atomics.load(this.words, base + askWord.toClear) !== 0;
    if (!hasAny) return undefined;
    return {
      resets: Atomics.exchange(this.words, base + askWord.toTake, 0),
      isCleared: Atomics.exchange(this.words, base + askWord.toClear, 0) === 1,
      sets: Atomics.exchange(this.words, base + askWord.toGive, 0),
    };
  }
}

const nothing: Asked = { sets: 0, resets: 0, isCleared: false };

/** The first word of an event's line. */
function at(event: number): number {
  return (1 + event) * lineWords;
}

/** `gone` after `count` more. `by`: the number of the stage that took them, and the parity of its count. */
function goneBy(gone: number, count: number, by: number): number {
  return (((gone >>> 8) + count) << 8) | by | 0;
}
