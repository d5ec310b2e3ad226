import type { Doorbell } from '@troupe/mailbox';
import { lastLook, noteSleep } from '../../drivers/loops.ts';
import type { Loop } from '../../drivers/loops.ts';
import type { WorkerMessage, WorkerTask } from '../../drivers/messages.ts';
import type { ThreadTime, Timer } from '../../executor/thread-time.ts';
import type { Ground, World } from '../../run/world.ts';
import type { StartOptions } from '../../run/types.ts';
import { buffersOf, keepMemory } from './memory-copy.ts';
import type { Noise } from './noise.ts';
import { Idleness } from './idleness.ts';
import { EventLoops } from './event-loops.ts';
import { SimulatedThread } from './simulated-thread.ts';
import type { Death, SimulationParts } from './simulation-parts.ts';
import { SimulatedWorker } from './simulated-worker.ts';
import type { WorkerHost } from './simulated-worker.ts';
import { happened } from './trace.ts';
import type { Trace } from './trace.ts';

/** Something that can happen next: a thread goes on (its index), or one of these. */
const choice = { timer: -1, turn: -2, notice: -3, mail: -4 } as const;

/**
 * The threads of a run, all on this one, and their time. Point by point it decides who does what next.
 * docs/simulation.md.
 */
export class Simulation implements World {
  /** Virtual time, ms. */
  timeMs = 0;
  /** Points so far. */
  step = 0;
  /** Promises may have been settled since the event loop has turned. */
  wantsTurn = false;
  /** The thread that does something now. */
  current: SimulatedThread;
  readonly main: SimulatedThread;
  readonly trace: Trace;
  readonly #parts: SimulationParts;
  readonly #noise: Noise;
  readonly #workers: SimulatedWorker[] = [];
  readonly #host: WorkerHost;
  readonly #loops = new EventLoops(
    () => this.timeMs,
    () => this.current,
  );
  readonly #choices: number[] = [];
  readonly #time: ThreadTime;
  #buffers: readonly SharedArrayBuffer[] = [];
  readonly #idleness = new Idleness();
  #death: Death | undefined;
  #led: PromiseWithResolvers<void> | undefined;

  constructor(parts: SimulationParts) {
    this.#parts = parts;
    this.#noise = parts.noise;
    this.trace = parts.trace;
    this.main = new SimulatedThread(0, true);
    this.current = this.main;
    this.#time = this.#loops.timeOf(this.main);
    this.#host = {
      timeOf: (thread) => this.#loops.timeOf(thread),
      stageOf: parts.stageOf,
      arrivalMs: (afterMs) => Math.max(afterMs, this.timeMs + this.#noise.mailMs()),
      kill: (worker) => this.#kill(worker),
    };
  }

  begin(ground: Ground): void {
    this.#buffers = buffersOf(ground.shared);
    this.#parts.onBegin(ground);
  }

  async host(
    task: WorkerTask,
    bell: Doorbell,
    _limits: StartOptions['resourceLimits'],
    onMessage: (message: WorkerMessage) => void,
  ): Promise<SimulatedWorker> {
    const thread = new SimulatedThread(task.worker, task.plan.workers[task.worker]?.io === true);
    const worker = new SimulatedWorker(this.#host, thread, task, bell, onMessage);
    this.#workers.push(worker);
    return worker;
  }

  async keepSpare(): Promise<void> {
    return undefined;
  }

  lead(loop: Loop): Promise<void> {
    this.main.loop = loop;
    this.main.state = 'awake';
    this.#led = Promise.withResolvers();
    return this.#led.promise;
  }

  keepAlive(): Timer {
    return { cancel: () => undefined };
  }

  nowMs(): number {
    return this.#time.nowMs();
  }

  clock: World['clock'] = (...given) => this.#time.clock(...given);
  after: World['after'] = (...given) => this.#time.after(...given);
  afterUnlessOver: World['afterUnlessOver'] = (...given) => this.#time.after(...given);
  every: World['every'] = (...given) => this.#time.every(...given);
  turn: World['turn'] = (callback) => this.#time.turn(callback);
  changed: World['changed'] = (...given) => this.#time.changed(...given);

  /** One point: somebody does something. False when nobody can at this time. */
  point(): boolean {
    const choices = this.#choices;
    choices.length = 0;
    if (this.main.readyMs <= this.timeMs) {
      if (this.#canGoOn(this.main)) choices.push(0);
      for (let i = 0; i < this.#workers.length; i++) {
        if ((this.#workers[i] as SimulatedWorker).mailMs <= this.timeMs) choices.push(choice.mail - i);
      }
    }
    for (let i = 0; i < this.#workers.length; i++) {
      if (this.#canWorkerGoOn(this.#workers[i] as SimulatedWorker)) choices.push(i + 1);
    }
    if (this.#loops.hasTimer) choices.push(choice.timer);
    if (this.#loops.hasTurn) choices.push(choice.turn);
    if (this.#loops.hasNotice) choices.push(choice.notice);
    if (choices.length === 0) return false;
    this.step++;
    this.#do(choices[this.#noise.choose(choices.length)] as number);
    return true;
  }

  /** When somebody can go on who cannot now; `Infinity`: never. */
  nextMs(): number {
    // What looks again and again matters while somebody does not come back.
    let next = this.#loops.nextMs(this.#workers.some(({ thread }) => thread.state === 'stuck'));
    next = Math.min(next, this.#nextOf(this.main));
    for (const worker of this.#workers) {
      next = Math.min(next, Math.max(worker.mailMs, this.main.readyMs), this.#nextOf(worker.thread));
    }
    return next;
  }

  /** Goes to a later time. */
  goTo(timeMs: number): void {
    this.timeMs = timeMs;
    this.#note(-1, happened.time, '', 0);
  }

  /** Whether every thread that is there sleeps, and nothing is on its way to any. */
  get isAsleep(): boolean {
    if (this.main.loop !== undefined && !this.main.isAsleep) return false;
    return this.#workers.every(
      ({ thread, mailMs }) => mailMs === Infinity && (thread.isGone || thread.isAsleep),
    );
  }

  /** For a long time nothing but timers has gone on. */
  get isIdle(): boolean {
    return this.#idleness.isLong(this.timeMs);
  }

  /** The threads that sleep. */
  *sleepers(): Generator<{ readonly thread: SimulatedThread; readonly loop: Loop }> {
    for (const thread of [this.main, ...this.#workers.map((worker) => worker.thread)]) {
      if (thread.state === 'asleep' && thread.loop !== undefined) yield { thread, loop: thread.loop };
    }
  }

  /** Whether a handler, or somebody else on a worker, waits for a promise. */
  get isAwaiting(): boolean {
    return this.#workers.some((worker) => !worker.thread.isGone && worker.isAwaiting());
  }

  /** The thread that does something now ends, or is stuck, at this instant. Throw what it returns. */
  fall(isStuck: boolean): Error {
    this.#death ??= { thread: this.current, isStuck, restore: keepMemory(this.#buffers) };
    const worker = this.#workerOf(this.current);
    if (worker !== undefined) worker.isSilent = true;
    return new Error('the end of a simulated thread');
  }

  /** Whether the thread that does something now has ended: what is called there is not called any more. */
  get hasFallen(): boolean {
    return this.#death !== undefined;
  }

  /** Ends a thread between two points, or in a promise of its own. */
  end(thread: SimulatedThread): void {
    const worker = this.#workerOf(thread);
    if (worker !== undefined) this.#kill(worker);
  }

  /** After a virtual time, on a thread that is still there. */
  afterOn(thread: SimulatedThread, delayMs: number, callback: () => void): Timer {
    return this.#loops.after(thread, delayMs, callback);
  }

  /** Waits for the event loop: everything that hangs on settled promises has run then. */
  async settle(): Promise<void> {
    this.wantsTurn = false;
    this.current = this.main;
    await new Promise((resolve) => setImmediate(resolve));
  }

  #workerOf(thread: SimulatedThread): SimulatedWorker | undefined {
    return this.#workers.find((worker) => worker.thread === thread);
  }

  #canWorkerGoOn(worker: SimulatedWorker): boolean {
    const { thread } = worker;
    if (thread.state !== 'waiting') return this.#canGoOn(thread);
    return thread.readyMs <= this.timeMs && (!worker.isOpen || worker.hasControl);
  }

  #canGoOn(thread: SimulatedThread): boolean {
    if (thread.readyMs > this.timeMs) return false;
    if (thread.isUp) return true;
    if (thread.state !== 'asleep') return false;
    if (thread.dueMs <= this.timeMs) return true;
    if (thread.loop?.bell.isArmed() === true) return false;
    if (thread.wakeMs < 0) thread.wakeMs = this.timeMs + this.#noise.wakeMs();
    return thread.wakeMs <= this.timeMs;
  }

  #nextOf(thread: SimulatedThread): number {
    if (thread.isUp) return thread.readyMs;
    if (thread.state === 'asleep') {
      const isRung = thread.loop?.bell.isArmed() !== true;
      return Math.max(Math.min(thread.dueMs, isRung ? thread.wakeMs : Infinity), thread.readyMs);
    }
    return thread.state === 'waiting' && thread.readyMs > this.timeMs ? thread.readyMs : Infinity;
  }

  #do(chosen: number): void {
    this.#idleness.note(chosen === choice.timer, this.timeMs);
    if (chosen >= 0) this.#goOn(chosen === 0 ? undefined : this.#workers[chosen - 1]);
    else {
      this.wantsTurn = true;
      if (chosen <= choice.mail) this.#deliver(choice.mail - chosen);
      else if (chosen === choice.timer) this.#loops.fire((owner) => this.#enter(owner, happened.timer));
      else if (chosen === choice.turn) this.#loops.turn((owner) => this.#enter(owner, happened.turn));
      else this.#loops.notice((owner) => this.#enter(owner, happened.notice));
    }
    this.#bury();
    this.current = this.main;
  }

  #deliver(index: number): void {
    const worker = this.#workers[index] as SimulatedWorker;
    this.current = this.main;
    const { thread } = worker;
    const what = worker.deliver();
    this.#note(thread.index, happened.message, what, 0);
    if (what === 'end') this.#workers.splice(index, 1);
  }

  #enter(owner: SimulatedThread, what: number): void {
    this.current = owner;
    this.#note(owner.index, what, '', 0);
  }

  #goOn(worker: SimulatedWorker | undefined): void {
    const thread = worker?.thread ?? this.main;
    this.current = thread;
    thread.aheadMs = this.#noise.passMs();
    thread.lookMs = this.#noise.lookMs();
    try {
      if (thread.state !== 'waiting') this.#goRound(thread, worker);
      else if (worker?.isOpen === true) {
        this.#note(thread.index, happened.control, '', 0);
        worker.prepare();
      } else {
        this.#note(thread.index, happened.open, '', 0);
        worker?.open();
      }
    } catch (error) {
      if (this.#death === undefined) this.#fail(worker, error);
    }
    thread.readyMs = this.timeMs + thread.aheadMs;
    thread.aheadMs = 0;
    thread.lookMs = 0;
    if (worker?.isAwaiting() === true) this.wantsTurn = true;
  }

  #fail(worker: SimulatedWorker | undefined, error: unknown): void {
    if (worker !== undefined) worker.fail(error);
    else {
      this.main.loop = undefined;
      this.main.state = 'waiting';
      this.#led?.reject(error);
    }
  }

  /** A turn of the thread's loop, as far as to the next point. */
  #goRound(thread: SimulatedThread, worker: SimulatedWorker | undefined): void {
    const { loop } = thread;
    if (loop === undefined) return;
    const { executor, bell } = loop;
    if (thread.state === 'asleep') this.#wake(thread, loop);
    else if (thread.state === 'resting') {
      executor.strike();
      thread.state = 'asleep';
      this.#note(thread.index, happened.strike, '', 0);
    } else if (thread.state === 'armed') this.#look(thread, loop, worker);
    else if (loop.isStopping()) this.#stop(thread, worker);
    else if (bell.takeControl()) {
      executor.strike();
      this.#note(thread.index, happened.control, '', 0);
      loop.control();
    } else if (thread.isIdle && this.#noise.isSleepy()) {
      bell.arm();
      thread.state = 'armed';
      this.#note(thread.index, happened.arm, '', 0);
    } else this.#pass(thread, loop, worker);
  }

  #pass(thread: SimulatedThread, { executor }: Loop, worker: SimulatedWorker | undefined): void {
    if (worker !== undefined && this.#parts.isKilled(thread)) {
      this.#kill(worker);
      return;
    }
    let left = this.#noise.passes();
    let done = 0;
    do {
      thread.isIdle = !executor.step();
      if (!thread.isIdle) done++;
    } while (--left > 0 && !thread.isIdle && this.#death === undefined);
    // Main's passes may settle promises of the application, and of the run itself.
    if (worker === undefined && done > 0) this.wantsTurn = true;
    this.#note(thread.index, happened.step, '', done);
  }

  #wake(thread: SimulatedThread, loop: Loop): void {
    loop.bell.disarm();
    noteSleep(loop, thread.sleptMs);
    thread.state = 'awake';
    thread.isIdle = false;
    thread.wakeMs = -1;
    thread.dueMs = Infinity;
    this.#note(thread.index, happened.wake, '', 0);
  }

  #look(thread: SimulatedThread, loop: Loop, worker: SimulatedWorker | undefined): void {
    const { executor } = loop;
    const mayRest = lastLook(loop);
    this.#note(thread.index, happened.look, '', Number(mayRest));
    thread.state = 'awake';
    thread.isIdle = false;
    if (!mayRest) {
      if (thread.isIo || worker?.isAwaiting() === true) executor.strike();
      return;
    }
    const untilMs = executor.untilDeadlineMs();
    thread.sleptMs = executor.nowMs;
    thread.dueMs = this.timeMs + thread.aheadMs + untilMs;
    if (untilMs > 0) thread.state = 'resting';
    else {
      loop.bell.disarm();
      executor.strike();
    }
  }

  #stop(thread: SimulatedThread, worker: SimulatedWorker | undefined): void {
    this.wantsTurn = true;
    this.#note(thread.index, happened.goodbye, '', 0);
    if (worker !== undefined) {
      worker.stop();
      return;
    }
    thread.loop = undefined;
    thread.state = 'waiting';
    this.#led?.resolve();
  }

  /** Restores what a thread that has fallen in a handler has left, and does away with it. */
  #bury(): void {
    const death = this.#death;
    if (death === undefined) return;
    this.#death = undefined;
    death.restore();
    const worker = this.#workerOf(death.thread);
    if (death.isStuck) death.thread.state = 'stuck';
    else if (worker !== undefined) this.#kill(worker);
  }

  #kill(worker: SimulatedWorker): void {
    if (worker.thread.isGone) return;
    this.#note(worker.thread.index, happened.lost, '', 0);
    worker.die();
    this.#parts.onLost(worker.thread.index);
  }

  #note(thread: number, what: number, about: string, number: number): void {
    this.trace.note(this.step, this.timeMs, thread, what, about, number);
  }
}
