import { Executor } from '../executor/executor.ts';
import { ThreadModes } from '../executor/gates.ts';
import { createHandlers } from '../executor/lifecycle.ts';
import type { ThreadTime } from '../executor/thread-time.ts';
import type { WallClock } from '../executor/wall-clock.ts';
import { turnOf, wire } from '../executor/wire.ts';
import type { Wiring, WiringParts } from '../executor/wire.ts';
import { writeLoopDelay } from './loop-delay.ts';
import type { Loop } from './loops.ts';
import type { ControlMessage, Upcall, WorkerTask } from './messages.ts';

/** How long a stop waits for async handlers in flight. */
const stopGraceMs = 500;

export interface StageThreadParts {
  readonly task: WorkerTask;
  readonly time: ThreadTime;
  /** The stage of each of its actors with its parsed options, by the actor's index. */
  readonly stages: WiringParts['stages'];
  /** What it has to say to the owner of the run. */
  readonly post: Upcall;
}

/** One executor and its actors, as the thread that hosts it leads it: the same under every driver. */
export class StageThread {
  readonly executor: Executor;
  readonly loop: Omit<Loop, 'control' | 'isStopping'>;
  readonly isIo: boolean;
  readonly #task: WorkerTask;
  readonly #post: Upcall;
  readonly #clock: WallClock;
  readonly #events: Wiring['events'];
  #hasGone = false;
  #isStopping = false;

  /** Creates the stages. Throws `StageStartError`. */
  constructor({ task, time, stages, post }: StageThreadParts) {
    const { plan, worker, shared, seed, recovery, hasStats, barrierTimeoutMs } = task;
    this.#task = task;
    this.#post = post;
    this.isIo = plan.workers[worker]?.io === true;
    const turn = turnOf(shared);
    const clock = time.clock(turn, recovery?.epochMs ?? 0);
    this.#clock = clock;
    const modes = new ThreadModes(task.gates);
    const common = { plan, worker, time, clock, modes, upcall: post };
    const wiring = wire({
      ...common,
      shared,
      seed,
      recovery,
      stages,
      flush: (actor) => this.executor.flush(actor),
    });
    this.#events = wiring.events;
    const gauges = wiring.gauges.worker(worker);
    const { holds } = task;
    const parts = { ...wiring, ...common, gauges, hasStats, turn, barrierTimeoutMs, holds };
    this.executor = new Executor(wiring.actors, parts);
    const { tracing } = this.executor;
    this.loop = { executor: this.executor, bell: wiring.bell, gauges, tracing };
    for (const actor of this.executor.actors) {
      if (actor.phase !== 'created') continue;
      actor.ledger.create();
      actor.handlers = createHandlers(actor);
      actor.ledger.leave();
    }
  }

  /** It has been told to go, and when the run's epoch was. */
  get hasGone(): boolean {
    return this.#hasGone;
  }

  /** It has been told to stop. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** Whether somebody here needs the event loop: a pending handler, or who waits for an event. */
  isAwaiting(): boolean {
    return this.executor.isAwaiting() || this.#events.hasWaiting();
  }

  /** Does what the owner of the run says. */
  handle(message: ControlMessage): void {
    const { executor } = this;
    if (message.type === 'go') {
      this.#clock.start(message.epochMs);
      this.#hasGone = true;
    } else if (message.type === 'stop') this.#isStopping = true;
    else if (message.type === 'drain') executor.drain();
    else if (message.type === 'resend') executor.resend(message.letter);
    else if (message.type === 'echo') this.#post({ type: 'done', request: message.request });
    else if (message.type === 'trace') executor.trace(message.ring);
    else if (message.type === 'tap') executor.watch(message.tap);
    else if (message.type === 'untap') executor.unwatch(message.tap);
    else if (message.type === 'rate') {
      executor.setRate(message.change);
      this.#post({ type: 'done', request: message.request });
    } else if (message.type === 'loopDelay') {
      writeLoopDelay(message.memory);
      this.#post({ type: 'done', request: message.request });
    } else {
      const done = (): void => this.#post({ type: 'done', request: message.request });
      if (message.type === 'gates') executor.setGates(message.state, done);
      else if (message.type === 'debug') {
        executor.setHolds(message.state, message.isRestAwaited ? done : () => undefined);
        if (!message.isRestAwaited) done();
      } else executor.setBlocking(message.edge, message.isBlocking, done);
    }
  }

  /** Its actors may run; a successor says so. */
  begin(): void {
    const { recovery } = this.#task;
    if (recovery?.isDraining === true) this.executor.drain();
    this.executor.start(recovery !== undefined);
    if (recovery !== undefined) this.#post({ type: 'running' });
  }

  /** Calls `onStop` of every actor that is not over. */
  end(): Promise<void> {
    return this.executor.stop(stopGraceMs);
  }
}
