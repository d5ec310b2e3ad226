import { actorCount, redo } from '@troupe/mailbox';
import type { Doorbell, Gauges } from '@troupe/mailbox';
import { errorFromWire } from '../drivers/error-wire.ts';
import type {
  ControlMessage,
  RateChange,
  Recovery,
  SharedRun,
  WorkerMessage,
  WorkerTask,
} from '../drivers/messages.ts';
import { noHolds } from '../debug/hold-state.ts';
import type { HoldState } from '../debug/hold-state.ts';
import { HandlerHungError } from '../errors.ts';
import { noEdge } from '../executor/ledger.ts';
import { initialGates } from '../modes/gate-state.ts';
import type { GateState } from '../modes/gate-state.ts';
import type { ActorPlan, Plan } from '../plan/types.ts';
import { DeathRate } from './death-rate.ts';
import type { DeadLetters, Filed } from './dead-letters.ts';
import type { HandlerFailures } from './handler-failures.ts';
import { closeActor } from './memory.ts';
import { deathOf, isLastBreath, Postmortem } from './postmortem.ts';
import type { Culprit } from './postmortem.ts';
import { barrierTimeoutMsDefault, isOver } from './actor-states.ts';
import type { ActorState, LogLine, Replacement, StartOptions } from './types.ts';
import { Orders } from './orders.ts';
import { asyncLimitMs, restoredOf } from './replacing.ts';
import { Requests } from './requests.ts';
import { Resends } from './resends.ts';
import { shareOf } from './share.ts';
import type { HostedWorker, WorkerEnd, World } from './world.ts';

/** Of a long run the newest are told; stats count them all. */
const replacementsKept = 1_000;
/** How long a worker may take to stop before its thread is ended. */
const stopGraceMs = 1_500;

export interface CrewParts {
  readonly world: World;
  readonly plan: Plan;
  readonly shared: SharedRun;
  readonly bells: readonly Doorbell[];
  readonly gauges: Gauges;
  readonly options: StartOptions;
  readonly letters: DeadLetters;
  readonly failures: HandlerFailures;
  readonly onFatal: (error: Error) => void;
  /** A worker's thread has ended: whatever it had in shared memory is nobody's. */
  readonly onDeath: (worker: number) => void;
  readonly onLog: (line: LogLine) => void;
  /** An actor's state has changed. */
  readonly onState: (actor: number, state: ActorState) => void;
  /** What a worker says that is not for its crew. */
  readonly onOther: (worker: number, message: WorkerMessage) => void;
}

/** The pooled workers of one run: starts them, tells them things, replaces those that die. */
export class Crew {
  readonly states: ActorState[];
  readonly replacements: Replacement[] = [];
  readonly replaced: number[];
  /** What the gates of a successor's stages go by. */
  gates: GateState;
  /** What workers are told that holds for their successors too. */
  readonly orders: Orders = new Orders((worker, message) => this.#links.get(worker)?.send(message));
  /** What the debugger holds of them. */
  holds: HoldState = noHolds;
  readonly #parts: CrewParts;
  readonly #postmortem: Postmortem;
  readonly #deathRate: DeathRate;
  readonly #links = new Map<number, HostedWorker>();
  /** Threads on their way to a worker. */
  readonly #opening = new Set<Promise<void>>();
  readonly #snapshots = new Map<number, unknown>();
  readonly #requests = new Requests();
  readonly #resends: Resends;
  readonly #hung = new Map<number, { readonly actor: number; readonly error: HandlerHungError }>();
  readonly #rates = new Map<number, RateChange>();
  #epochMs = 0;
  #isDraining = false;
  #isStopping = false;
  #deadOnArrival: Error | undefined;
  /** Replacements under way, by worker. */
  readonly #replacing = new Map<number, Promise<void>>();

  constructor(parts: CrewParts) {
    this.#parts = parts;
    this.#resends = new Resends(parts.letters);
    this.#postmortem = new Postmortem(parts.plan, parts.shared, parts.letters);
    this.#deathRate = new DeathRate(() => parts.world.nowMs(), parts.options.replacements);
    this.states = parts.plan.actors.map(() => 'starting');
    this.replaced = parts.plan.workers.map(() => 0);
    this.gates = initialGates(parts.plan.modes.initial);
  }

  /** Opens every worker and waits until all have created their actors. Rejects with what failed first. */
  async open(): Promise<void> {
    const indices = this.#parts.plan.workers.map(({ index }) => index).filter((index) => index > 0);
    await Promise.all(
      indices.map(async (index) => {
        const end = await this.#open(index, undefined, 'ready');
        if (end !== undefined) throw deathOf(index, end, this.#postmortem.culprits(index, undefined));
      }),
    );
  }

  /** Lets all actors run; time counts from the epoch. Throws when a worker has died before. */
  go(epochMs: number): void {
    if (this.#deadOnArrival !== undefined) throw this.#deadOnArrival;
    this.#epochMs = epochMs;
    for (const link of this.#links.values()) link.send({ type: 'go', epochMs });
  }

  drain(): void {
    this.#isDraining = true;
    for (const link of this.#links.values()) link.send({ type: 'drain' });
  }

  /**
   * Stops all workers, at once where they do not answer. What was sent again and not handled is a dead letter
   * still.
   */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all([...this.#links.values()].map((link) => this.#stopOne(link)));
    await Promise.all(this.#replacing.values());
    await Promise.all(this.#opening);
    this.#requests.drop();
    this.#resends.restore();
  }

  /** Sends a dead letter again. It outlives the worker: a successor gets it as well. */
  resend(worker: number, filed: Filed): void {
    this.#resends.add(worker, filed);
    this.#links.get(worker)?.send({ type: 'resend', letter: filed.wire });
  }

  /** A letter that was sent again has been handled, or given up anew. */
  closeLetter(id: number): void {
    this.#resends.close(id);
  }

  /** Resolves when all workers know of a change of rates. Successors will know it as well. */
  setRate(change: RateChange): Promise<void> {
    this.#rates.set(change.runner, change);
    return this.#askAll((request) => ({ type: 'rate', change, request }));
  }

  /** Resolves when everything that the workers have said by now has been heard. */
  hear(): Promise<void> {
    return this.#askAll((request) => ({ type: 'echo', request }));
  }

  /** Resolves when the worker, or its successor, is at rest in that state. */
  setGates(worker: number, state: GateState): Promise<void> {
    return this.ask(worker, (request) => ({ type: 'gates', state, request }));
  }

  threadIds(): ReadonlyMap<number, number> {
    return new Map([...this.#links].map(([index, link]) => [index, link.threadId]));
  }

  /** Of a worker that keeps a change of mode waiting: a handler that it has in hand is taken for hung. */
  hangIn(worker: number, graceMs: number): void {
    const remedy = 'Make it return, or raise `modes.graceMs`: a change of mode waits for it no longer.';
    const actor = this.#postmortem.hanging(worker, this.gates);
    if (actor !== undefined) this.hang(worker, actor, graceMs, remedy);
  }

  /** A handler does not return: its worker is ended, and then replaced like any that died. */
  hang(worker: number, actor: number, limitMs: number, remedy?: string): void {
    const link = this.#links.get(worker);
    if (link === undefined || this.#isStopping) return;
    const stage = this.#parts.plan.actors[actor]?.name ?? '?';
    this.#hung.set(worker, { actor, error: new HandlerHungError(stage, limitMs, remedy) });
    link.terminate();
  }

  setState(actor: number, state: ActorState): void {
    this.states[actor] = state;
    this.#parts.onState(actor, state);
  }

  /** Resolves when a worker, or its successor, has done what it is asked for, or nobody is left to do it. */
  async ask(worker: number, messageOf: (request: number) => ControlMessage): Promise<void> {
    const link = this.#links.get(worker);
    // Where all actors are over, nobody would answer.
    if (link === undefined && !this.#replacing.has(worker)) return;
    await this.#requests.make(worker, messageOf, (message) => link?.send(message));
  }

  async #askAll(messageOf: (request: number) => ControlMessage): Promise<void> {
    await Promise.all(this.#parts.plan.workers.slice(1).map(({ index }) => this.ask(index, messageOf)));
  }

  async #stopOne(link: HostedWorker): Promise<void> {
    link.send({ type: 'stop' });
    const late = this.#parts.world.after(stopGraceMs, () => link.terminate());
    await link.ended;
    late.cancel();
  }

  /**
   * Opens a worker. Resolves once it has said `until`, or with how it ended before; rejects when its stages
   * cannot start.
   */
  #open(
    worker: number,
    recovery: Recovery | undefined,
    until: 'ready' | 'running',
  ): Promise<WorkerEnd | undefined> {
    const { plan, shared, bells, options, world } = this.#parts;
    const task: WorkerTask = {
      ...shareOf(plan, shared, worker),
      worker,
      recovery,
      seed: options.seed ?? 0,
      hasStats: options.stats !== false,
      barrierTimeoutMs: options.barrierTimeoutMs ?? barrierTimeoutMsDefault,
      gates: this.gates,
      holds: this.holds,
    };
    return new Promise((resolve, reject) => {
      let isUp = false;
      const onMessage = (message: WorkerMessage): void => {
        if (message.type === 'ready' && recovery !== undefined) this.#hand(worker, recovery.epochMs);
        if (message.type === until) {
          isUp = true;
          resolve(undefined);
        } else if (message.type === 'failedStart') reject(errorFromWire(message.error));
        else this.#receive(worker, message);
      };
      const onEnd = (end: WorkerEnd): void => {
        this.#links.delete(worker);
        if (!isUp) resolve(end);
        else if (!end.isOrderly && !this.#isStopping) this.#replace(worker, end);
      };
      const opening = world
        .host(task, bells[worker] as Doorbell, options.resourceLimits, onMessage)
        .then((link) => {
          this.#links.set(worker, link);
          void link.ended.then(onEnd);
          return this.#isStopping ? this.#stopOne(link) : undefined;
        })
        .catch(reject)
        .finally(() => this.#opening.delete(opening));
      this.#opening.add(opening);
    });
  }

  /** Gives a successor everything that its predecessor had been told. */
  #hand(worker: number, epochMs: number): void {
    const link = this.#links.get(worker);
    link?.send({ type: 'go', epochMs });
    if (this.#isDraining) link?.send({ type: 'drain' });
    for (const message of this.#requests.of(worker)) link?.send(message);
    for (const message of this.orders.of(worker)) link?.send(message);
    for (const letter of this.#resends.of(worker)) link?.send({ type: 'resend', letter });
  }

  #receive(worker: number, message: WorkerMessage): void {
    switch (message.type) {
      case 'log':
        this.#parts.onLog(message.line);
        break;
      case 'actorState':
        this.setState(message.actor, message.state);
        break;
      case 'snapshot':
        this.#snapshots.set(message.actor, message.state);
        break;
      case 'deadLetter':
        this.#parts.letters.add(message.letter, errorFromWire(message.error));
        break;
      case 'failure':
        this.#parts.failures.add(message.failure);
        break;
      case 'resentDone':
        this.closeLetter(message.id);
        break;
      case 'fatal':
        this.#parts.onFatal(errorFromWire(message.error));
        break;
      case 'hang':
        this.hang(worker, message.actor, asyncLimitMs(this.#parts.plan, message.actor));
        break;
      case 'done':
        this.#requests.settle(message.request);
        break;
      default:
        this.#parts.onOther(worker, message);
    }
  }

  /** Whether a worker's thread has ended and will have no successor, as all of its actors are over. */
  isGone(worker: number): boolean {
    if (worker === 0 || this.#links.has(worker) || this.#replacing.has(worker)) return false;
    return this.#parts.plan.workers[worker]?.actors.every((actor) => isOver(this.states[actor])) === true;
  }

  #replace(worker: number, end: WorkerEnd): void {
    if (this.#epochMs === 0) {
      this.#deadOnArrival ??= deathOf(worker, end, this.#postmortem.culprits(worker, undefined));
      return;
    }
    const before = this.#replacing.get(worker) ?? Promise.resolve();
    const replacing: Promise<void> = before
      .then(() => this.#succeed(worker, end))
      .catch((error: Error) => this.#parts.onFatal(error))
      .finally(() => {
        if (this.#replacing.get(worker) !== replacing) return;
        this.#replacing.delete(worker);
        if (!this.#links.has(worker)) this.#requests.drop(worker);
      });
    this.#replacing.set(worker, replacing);
  }

  /**
   * Buries a dead worker and puts a successor in its place; and another one, where that dies before it runs.
   */
  async #succeed(worker: number, end: WorkerEnd): Promise<void> {
    const { plan, world, options } = this.#parts;
    const actors = plan.actors.filter((actor) => actor.worker === worker);
    for (let last: WorkerEnd | undefined = end; last !== undefined && !this.#isStopping;) {
      const startMs = world.nowMs();
      const { reason, error } = this.#bury(worker, last);
      const left = actors.filter(({ index }) => !isOver(this.states[index]));
      if (left.length === 0) break;
      const restored = restoredOf(left, this.#parts.gauges, this.#snapshots);
      for (const { index } of left) this.setState(index, 'lost');
      last = await this.#open(worker, this.#recovery(actors), 'running');
      if (last === undefined) {
        this.replaced[worker] = (this.replaced[worker] ?? 0) + 1;
        const atMs = startMs - this.#epochMs;
        this.replacements.push({ worker, reason, error, atMs, tookMs: world.nowMs() - startMs, restored });
        if (this.replacements.length > replacementsKept) this.replacements.shift();
      }
    }
    const modules = actors.flatMap(({ module }) => module ?? []);
    if (!this.#isStopping) void world.keepSpare(modules, options.resourceLimits);
  }

  /** Finishes what a dead worker had begun, and finds out why it died. Throws where the run cannot go on. */
  #bury(worker: number, end: WorkerEnd): Pick<Replacement, 'reason' | 'error'> {
    const { shared, bells, onDeath } = this.#parts;
    const hung = this.#hung.get(worker);
    this.#hung.delete(worker);
    const journal = shared.journals[worker];
    if (journal !== undefined) redo(journal, shared);
    onDeath(worker);
    const culprits = this.#postmortem.culprits(worker, hung?.actor);
    this.#postmortem.close(worker);
    const error = hung?.error ?? deathOf(worker, end, culprits);
    this.#deathRate.note(error);
    for (const culprit of culprits) this.#judge(culprit, error);
    // The thread may have died between a store and the ring that was to follow, or in the middle of that.
    for (const bell of bells) bell.rouse();
    return { reason: hung !== undefined ? 'hang' : end.error === undefined ? 'exit' : 'error', error };
  }

  /** What an actor's supervision says about a death with something of it in hand. */
  #judge(culprit: Culprit, error: Error & Replacement['error']): void {
    const { actor, held } = culprit;
    if (actor.supervision.strategy === 'escalate') throw error;
    if (actor.supervision.strategy === 'stop') this.#layToRest(actor, 'stopped');
    else if (isLastBreath(culprit)) this.#layToRest(actor, 'ended');
    else {
      const loser =
        held.edge === noEdge.resent
          ? this.#resends.blame(actor, held.position, error)
          : this.#postmortem.blame(culprit, error);
      if (loser === undefined) return;
      // Its worker is dead: nobody else counts here.
      const { counts } = this.#parts.gauges.actor(loser);
      counts[actorCount.deadLettered] = (counts[actorCount.deadLettered] as number) + 1;
    }
  }

  #recovery(actors: readonly ActorPlan[]): Recovery {
    const over = actors.filter(({ index }) => isOver(this.states[index])).map(({ index }) => index);
    return {
      snapshots: new Map(
        [...this.#snapshots].filter(([index]) => actors.some((each) => each.index === index)),
      ),
      skips: this.#postmortem.skips(),
      over,
      rates: [...this.#rates.values()],
      epochMs: this.#epochMs,
      isDraining: this.#isDraining,
    };
  }

  /** An actor is over: its inputs are detached and its outputs end. */
  #layToRest(actor: ActorPlan, state: 'ended' | 'stopped'): void {
    closeActor(this.#parts.plan, this.#parts.shared, actor);
    this.setState(actor.index, state);
  }
}
