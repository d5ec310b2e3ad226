import type { Doorbell } from '@troupe/mailbox';
import { errorToWire } from '../../drivers/error-wire.ts';
import type { ControlMessage, WorkerMessage, WorkerTask } from '../../drivers/messages.ts';
import { StageThread } from '../../drivers/stage-thread.ts';
import { optionsOf } from '../../executor/load.ts';
import type { ThreadTime } from '../../executor/thread-time.ts';
import type { HostedWorker, WorkerEnd } from '../../run/world.ts';
import type { AnyStage } from '../../stage.ts';
import type { SimulatedThread } from './simulated-thread.ts';

/** What a worker needs of the simulation. */
export interface WorkerHost {
  readonly timeOf: (thread: SimulatedThread) => ThreadTime;
  readonly stageOf: (name: string) => AnyStage;
  /** When a message that is posted now arrives, after all before it. */
  readonly arrivalMs: (afterMs: number) => number;
  /** Ends it wherever it is. */
  readonly kill: (worker: SimulatedWorker) => void;
}

/** Something on its way to main: a message, or the end of the thread. */
interface Mail {
  readonly atMs: number;
  readonly message: WorkerMessage | undefined;
}

/** A worker of a simulation, with its owner's end. */
export class SimulatedWorker implements HostedWorker {
  readonly threadId = -1;
  readonly ended: Promise<WorkerEnd>;
  readonly thread: SimulatedThread;
  readonly #host: WorkerHost;
  readonly #task: WorkerTask;
  readonly #bell: Doorbell;
  readonly #onMessage: (message: WorkerMessage) => void;
  readonly #inbox: ControlMessage[] = [];
  readonly #mail: Mail[] = [];
  readonly #end: (end: WorkerEnd) => void;
  #stages: StageThread | undefined;
  #isOrderly = false;
  /** Nothing that it says is heard any more. */
  isSilent = false;

  constructor(
    host: WorkerHost,
    thread: SimulatedThread,
    task: WorkerTask,
    bell: Doorbell,
    onMessage: (message: WorkerMessage) => void,
  ) {
    this.#host = host;
    this.thread = thread;
    this.#task = task;
    this.#bell = bell;
    this.#onMessage = onMessage;
    const { promise, resolve } = Promise.withResolvers<WorkerEnd>();
    this.ended = promise;
    this.#end = resolve;
  }

  send(message: ControlMessage): void {
    this.#inbox.push(structuredClone(message));
    this.#bell.ringControl();
  }

  terminate(): void {
    this.#host.kill(this);
  }

  get isOpen(): boolean {
    return this.#stages !== undefined;
  }

  /** Before it has been told to go: whether it has been told something. */
  get hasControl(): boolean {
    return this.#stages?.loop.bell.hasControl() === true;
  }

  /** Creates its stages. */
  open(): void {
    const { plan, worker } = this.#task;
    const stages = new Map<number, { stage: AnyStage; options: unknown }>();
    try {
      for (const index of plan.workers[worker]?.actors ?? []) {
        const actor = plan.actors[index];
        if (actor === undefined) continue;
        const stage = this.#host.stageOf(actor.name);
        // Every thread has options of its own.
        const own = { ...actor, options: structuredClone(actor.options) };
        stages.set(index, { stage, options: optionsOf(own, stage) });
      }
      const post = (message: WorkerMessage): void => this.#post(message);
      const time = this.#host.timeOf(this.thread);
      this.#stages = new StageThread({ task: this.#task, time, stages, post });
    } catch (error) {
      this.#post({ type: 'failedStart', error: errorToWire(error) });
      this.#leave();
      return;
    }
    this.thread.loop = {
      ...this.#stages.loop,
      control: () => this.#control(),
      isStopping: () => this.#stages?.isStopping === true,
    };
    this.#post({ type: 'ready', threadId: this.threadId });
  }

  /** Before it has been told to go: does what it is told. */
  prepare(): void {
    const stages = this.#stages;
    if (stages === undefined) return;
    if (stages.loop.bell.takeControl()) this.#control();
    if (stages.hasGone && !stages.isStopping) {
      stages.begin();
      this.thread.state = 'awake';
    } else if (stages.isStopping) this.stop();
  }

  /** Whether its event loop has to turn for a handler, or for who waits for an event. */
  isAwaiting(): boolean {
    return this.#stages?.isAwaiting() === true;
  }

  /** Calls `onStop` of its actors, and leaves. */
  stop(): void {
    this.thread.state = 'stopping';
    void this.#stages?.end().then(
      () => this.#leave(),
      (error: unknown) => this.fail(error),
    );
  }

  /** Something has been thrown outside of a handler. */
  fail(error: unknown): void {
    this.#post({ type: 'fatal', error: errorToWire(error) });
    this.#leave();
  }

  /** Its thread has ended, without a word. Whatever still runs of it has no effect any more. */
  die(): void {
    if (this.thread.isGone) return;
    this.thread.state = 'gone';
    this.isSilent = true;
    for (const actor of this.#stages?.executor.actors ?? []) {
      actor.phase = 'stopped';
      actor.out.isOpen = false;
      Object.assign(actor, { lease: undefined });
    }
    this.#mail.push({ atMs: this.#arrivalMs(), message: undefined });
  }

  /** When its oldest message arrives. */
  get mailMs(): number {
    return this.#mail[0]?.atMs ?? Infinity;
  }

  /** Hands its oldest message to main. What it was. */
  deliver(): string {
    const mail = this.#mail.shift();
    if (mail?.message !== undefined) {
      if (mail.message.type === 'goodbye') this.#isOrderly = true;
      this.#onMessage(mail.message);
      return mail.message.type;
    }
    this.#end({ isOrderly: this.#isOrderly, error: undefined, exitCode: this.#isOrderly ? undefined : 1 });
    return 'end';
  }

  #post(message: WorkerMessage): void {
    if (this.isSilent) return;
    this.#mail.push({ atMs: this.#arrivalMs(), message: structuredClone(message) });
  }

  #leave(): void {
    if (this.isSilent) return;
    this.#post({ type: 'goodbye' });
    this.isSilent = true;
    this.thread.state = 'gone';
    this.#mail.push({ atMs: this.#arrivalMs(), message: undefined });
  }

  #arrivalMs(): number {
    return this.#host.arrivalMs(this.#mail.at(-1)?.atMs ?? 0);
  }

  #control(): void {
    for (const message of this.#inbox.splice(0)) this.#stages?.handle(message);
  }
}
