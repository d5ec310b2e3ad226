import type { Turn } from '../../clock/turn.ts';
import type { Loop } from '../../drivers/loops.ts';
import { WallClock } from '../../executor/wall-clock.ts';

/** What a loop of the thread driver does between two points, as states in which others may go on. */
export type ThreadState =
  /** Not there yet, or has not been told to go. */
  | 'waiting'
  | 'awake'
  /** Its doorbell is armed; the last look is to come. */
  | 'armed'
  /** It has looked; the rings that it has put off are to come. */
  | 'resting'
  | 'asleep'
  /** In a handler that does not return. */
  | 'stuck'
  /** It has been told to stop: handlers in flight are awaited. */
  | 'stopping'
  | 'gone';

/** A thread of a simulation. */
export class SimulatedThread {
  readonly index: number;
  state: ThreadState = 'waiting';
  loop: Loop | undefined;
  /** It puts off no ring beyond a turn of its event loop. */
  isIo: boolean;
  /** It is busy, or held up, until then. */
  readyMs: number = 0;
  /** Asleep: when something of its own is due. */
  dueMs: number = Infinity;
  /** Asleep, and rung: when it notices; -1: nobody has rung. */
  wakeMs = -1;
  /** When it has gone to sleep, by its own clock. */
  sleptMs = 0;
  /** Its last pass has found nothing to do. */
  isIdle = false;
  /** By how much its own clock goes on with every look at it. */
  lookMs = 0;
  /** By how much its own clock is ahead of the simulation's, while it does something. */
  aheadMs = 0;

  constructor(index: number, isIo: boolean) {
    this.index = index;
    this.isIo = isIo;
  }

  /** Whether it goes on by itself. */
  get isUp(): boolean {
    return this.state === 'awake' || this.state === 'armed' || this.state === 'resting';
  }

  /** Whether it sleeps, and nobody has rung. */
  get isAsleep(): boolean {
    return this.state === 'asleep' && this.loop?.bell.isArmed() === true;
  }

  get isGone(): boolean {
    return this.state === 'gone';
  }
}

/** What an executor of a simulation looks at. */
export class VirtualClock extends WallClock {
  readonly #thread: SimulatedThread;
  readonly #nowMs: () => number;
  readonly #turn: Turn | undefined;
  #epochMs: number;

  constructor(thread: SimulatedThread, nowMs: () => number, turn: Turn | undefined, epochMs: number) {
    super(0);
    this.#thread = thread;
    this.#nowMs = nowMs;
    this.#turn = turn;
    this.#epochMs = epochMs;
  }

  override start(epochMs: number): void {
    this.#epochMs = epochMs;
  }

  override nowMs(): number {
    const thread = this.#thread;
    thread.aheadMs += thread.lookMs;
    return this.#nowMs() + thread.aheadMs - this.#epochMs;
  }

  override nowNs(): number {
    return this.#turn === undefined ? super.nowNs() : this.#turn.timeNs;
  }
}
