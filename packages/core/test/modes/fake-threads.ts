import type { ModeHost } from '../../src/modes/controller.ts';
import { initialGates, isActiveIn, isOpenIn } from '../../src/modes/gate-state.ts';
import type { GateState } from '../../src/modes/gate-state.ts';

/** An actor as far as modes go: it has a handler in hand, or not. */
interface FakeActor {
  readonly activeIn: readonly string[] | undefined;
  readonly hasOnMode: boolean;
  inHand: 'handler' | 'onMode' | undefined;
  isDue: boolean;
}

interface Told {
  readonly state: GateState;
  readonly answer: () => void;
}

interface FakeThread {
  gates: GateState;
  readonly actors: FakeActor[];
  isUp: boolean;
  /** Sent and not received. */
  inbox: Told[];
  /** Received and not answered. */
  waiting: Told[];
  /** Told and not answered: a successor is told again. */
  readonly open: Set<Told>;
}

export type ActorSpec = Pick<FakeActor, 'activeIn' | 'hasOnMode'>;

/**
 * Threads that do what docs/modes.md says of them, and nothing until they are made to: every message, handler
 * and death is a call.
 */
export class FakeThreads implements ModeHost {
  readonly threads: readonly number[];
  /** What broke the guarantee. */
  readonly violations: string[] = [];
  readonly #threads: readonly FakeThread[];
  readonly #timers = new Set<{ readonly atMs: number; readonly callback: () => void }>();
  #nowMs = 0;
  #gates: GateState;

  constructor(initial: string, specs: readonly (readonly ActorSpec[])[]) {
    this.#gates = initialGates(initial);
    this.threads = specs.map((_, index) => index);
    this.#threads = specs.map((actors) => ({
      gates: this.#gates,
      actors: actors.map((spec) => ({ ...spec, inHand: undefined, isDue: spec.hasOnMode })),
      isUp: true,
      inbox: [],
      waiting: [],
      open: new Set(),
    }));
  }

  tell(index: number, state: GateState): Promise<void> {
    this.#gates = state;
    const thread = this.#at(index);
    return new Promise((resolve) => {
      const told: Told = {
        state,
        answer: () => {
          thread.open.delete(told);
          resolve();
        },
      };
      thread.open.add(told);
      if (thread.isUp) thread.inbox.push(told);
    });
  }

  replace(index: number): void {
    if (this.#at(index).actors.some(({ inHand }) => inHand !== undefined)) this.die(index);
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  nowNs(): number {
    return this.#nowMs * 1e6;
  }

  advance(byMs: number): void {
    this.#nowMs += byMs;
    for (const timer of this.#timers) {
      if (timer.atMs > this.#nowMs || !this.#timers.delete(timer)) continue;
      timer.callback();
    }
  }

  /** A thread receives the next message. */
  receive(index: number): boolean {
    const thread = this.#at(index);
    const told = thread.isUp ? thread.inbox.shift() : undefined;
    if (told === undefined) return false;
    if (told.state.step > thread.gates.step) {
      const isNew = told.state.mode !== thread.gates.mode;
      thread.gates = told.state;
      for (const actor of thread.actors) if (isNew && actor.hasOnMode) actor.isDue = true;
    }
    thread.waiting.push(told);
    this.#look(thread);
    return true;
  }

  /** Starts a handler, if the actor may have one now. */
  start(index: number, at: number): boolean {
    const thread = this.#at(index);
    const actor = thread.actors[at % thread.actors.length];
    if (actor === undefined || !thread.isUp || actor.inHand !== undefined) return false;
    if (actor.isDue) actor.inHand = 'onMode';
    else if (isOpenIn(actor.activeIn, thread.gates)) {
      actor.inHand = 'handler';
      this.#check(thread);
    } else return false;
    return true;
  }

  /** A handler comes to its end. */
  settle(index: number, at: number): boolean {
    const thread = this.#at(index);
    const actor = thread.actors[at % thread.actors.length];
    if (actor?.inHand === undefined) return false;
    if (actor.inHand === 'onMode') actor.isDue = false;
    actor.inHand = undefined;
    this.#look(thread);
    return true;
  }

  die(index: number): boolean {
    const thread = this.#at(index);
    if (index === 0 || !thread.isUp) return false;
    thread.isUp = false;
    thread.inbox = [];
    thread.waiting = [];
    for (const actor of thread.actors) actor.inHand = undefined;
    return true;
  }

  /** A successor takes a dead thread's place. */
  revive(index: number): boolean {
    const thread = this.#at(index);
    if (thread.isUp) return false;
    thread.isUp = true;
    thread.gates = this.#gates;
    thread.inbox = [...thread.open];
    for (const actor of thread.actors)
      actor.isDue = actor.hasOnMode && isOpenIn(actor.activeIn, thread.gates);
    return true;
  }

  /** Lets everything come to its end but time. False when nothing was left to do. */
  calm(): boolean {
    let isMoved = false;
    for (const index of this.threads) {
      isMoved = this.revive(index) || this.receive(index) || isMoved;
      for (const [at, actor] of this.#at(index).actors.entries()) {
        isMoved = this.settle(index, at) || isMoved;
        if (actor.isDue) isMoved = this.start(index, at) || isMoved;
      }
    }
    return isMoved;
  }

  /** What the gates of every thread go by. */
  states(): GateState[] {
    return this.#threads.map(({ gates }) => gates);
  }

  #at(index: number): FakeThread {
    return this.#threads[index % this.#threads.length] as FakeThread;
  }

  #look(thread: FakeThread): void {
    const isAtRest = thread.actors.every(
      ({ activeIn, inHand, isDue }) => !isDue && (inHand === undefined || isOpenIn(activeIn, thread.gates)),
    );
    if (isAtRest) for (const { answer } of thread.waiting.splice(0)) answer();
  }

  #check({ gates: { mode } }: FakeThread): void {
    for (const thread of this.#threads) {
      for (const { activeIn, inHand } of thread.actors) {
        if (inHand === undefined || isActiveIn(activeIn, mode)) continue;
        if (inHand === 'handler') this.violations.push(`${String(activeIn)} while ${mode} starts`);
      }
    }
  }
}
