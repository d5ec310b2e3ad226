import { detachReader, endRing, redo } from '@troupe/mailbox';
import type { Doorbell } from '@troupe/mailbox';
import { errorFromWire } from '../drivers/error-wire.ts';
import type { ControlMessage, Recovery, SharedRun, WorkerMessage, WorkerTask } from '../drivers/messages.ts';
import { ActorLedger } from '../executor/ledger.ts';
import { HandlerHungError, ReplacementLimitError, WorkerDiedError } from '../errors.ts';
import type { ActorPlan, EdgePlan, Plan } from '../plan/types.ts';
import type { DeadLetters } from './dead-letters.ts';
import { letterAt } from './poison.ts';
import type { ActorState, LogLine, Replacement, StartOptions } from './types.ts';
import { WorkerLink } from './worker-link.ts';
import type { WorkerEnd } from './worker-link.ts';

/** How long a worker may take to stop before its thread is ended. */
const stopGraceMs = 1_500;

export interface CrewParts {
  readonly plan: Plan;
  readonly shared: SharedRun;
  readonly bells: readonly Doorbell[];
  readonly options: StartOptions;
  readonly letters: DeadLetters;
  readonly onFatal: (error: Error) => void;
  readonly onLog: (line: LogLine) => void;
  /** An actor's state has changed. */
  readonly onState: () => void;
}

/** An input that was in hand when a worker died, and how often that has happened. */
interface Suspect {
  readonly edge: number;
  readonly position: number;
  deaths: number;
}

/** The pooled workers of one run: starts them, tells them things, replaces those that die. */
export class Crew {
  readonly states: ActorState[];
  readonly replacements: Replacement[] = [];
  readonly replaced: number[];
  readonly #parts: CrewParts;
  readonly #links = new Map<number, WorkerLink>();
  readonly #snapshots = new Map<number, unknown>();
  readonly #suspects = new Map<number, Suspect>();
  readonly #requests = new Map<number, () => void>();
  readonly #hung = new Map<number, HandlerHungError>();
  #deathsMs: number[] = [];
  #nextRequest = 0;
  #epochMs = 0;
  #isDraining = false;
  #isStopping = false;
  /** Replacements under way, by worker. */
  readonly #replacing = new Map<number, Promise<void>>();

  constructor(parts: CrewParts) {
    this.#parts = parts;
    this.states = parts.plan.actors.map(() => 'starting');
    this.replaced = parts.plan.workers.map(() => 0);
  }

  /** Opens every worker and waits until all have created their actors. Rejects with what failed first. */
  async open(): Promise<void> {
    const indices = this.#parts.plan.workers.map(({ index }) => index).filter((index) => index > 0);
    await Promise.all(indices.map((index) => this.#open(index, undefined, 'ready')));
  }

  /** Lets all actors run; time counts from the epoch. */
  go(epochMs: number): void {
    this.#epochMs = epochMs;
    this.#broadcast({ type: 'go', epochMs });
  }

  drain(): void {
    this.#isDraining = true;
    this.#broadcast({ type: 'drain' });
  }

  /** Stops all workers, at once where they do not answer. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all([...this.#links.values()].map((link) => this.#stopOne(link)));
    await Promise.all(this.#replacing.values());
    for (const settle of this.#requests.values()) settle();
  }

  resend(worker: number, message: ControlMessage): void {
    this.#links.get(worker)?.send(message);
  }

  /** Resolves when the worker has switched the reader behind an edge. */
  setBlocking(worker: number, edge: number, isBlocking: boolean): Promise<void> {
    const request = this.#nextRequest++;
    const done = new Promise<void>((resolve) => this.#requests.set(request, resolve));
    this.#links.get(worker)?.send({ type: 'setBlocking', edge, isBlocking, request });
    return done;
  }

  threadIds(): ReadonlyMap<number, number> {
    return new Map([...this.#links].map(([index, link]) => [index, link.threadId]));
  }

  /** A handler does not return: its worker is ended, and then replaced like any that died. */
  hang(worker: number, actor: number, limitMs: number): void {
    const stage = this.#parts.plan.actors[actor]?.name ?? '?';
    this.#hung.set(worker, new HandlerHungError(stage, limitMs));
    this.#links.get(worker)?.terminate();
  }

  setState(actor: number, state: ActorState): void {
    this.states[actor] = state;
    this.#parts.onState();
  }

  #broadcast(message: ControlMessage): void {
    for (const link of this.#links.values()) link.send(message);
  }

  async #stopOne(link: WorkerLink): Promise<void> {
    link.send({ type: 'stop' });
    const late = setTimeout(() => link.terminate(), stopGraceMs);
    await link.ended;
    clearTimeout(late);
  }

  /** Opens a worker; resolves when it has said `until`, rejects when it ends before. */
  #open(worker: number, recovery: Recovery | undefined, until: 'ready' | 'running'): Promise<void> {
    const { plan, shared, bells, options } = this.#parts;
    const task: WorkerTask = {
      plan, worker, shared, recovery, seed: options.seed ?? 0, hasStats: options.stats !== false,
    };
    return new Promise((resolve, reject) => {
      const onMessage = (message: WorkerMessage): void => {
        if (message.type === 'ready' && recovery !== undefined) {
          this.#links.get(worker)?.send({ type: 'go', epochMs: recovery.epochMs });
        }
        if (message.type === until) resolve();
        else if (message.type === 'failedStart') reject(errorFromWire(message.error));
        else this.#receive(worker, message);
      };
      WorkerLink.open(task, bells[worker] as Doorbell, options.resourceLimits, onMessage).then((link) => {
        this.#links.set(worker, link);
        if (this.#isStopping) void this.#stopOne(link);
        void link.ended.then((end) => {
          reject(new WorkerDiedError(worker, undefined, 'ended before it was ready', end.error));
          if (!end.isOrderly && !this.#isStopping && this.#epochMs > 0) this.#replace(worker, end);
        });
      }, reject);
    });
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
      case 'fatal':
        this.#parts.onFatal(errorFromWire(message.error));
        break;
      case 'hang':
        this.hang(worker, message.actor, this.#parts.plan.actors[message.actor]?.supervision.asyncWatchdogMs ?? 0);
        break;
      case 'done':
        this.#requests.get(message.request)?.();
        this.#requests.delete(message.request);
        break;
      default:
        break;
    }
  }

  #replace(worker: number, end: WorkerEnd): void {
    if (this.#replacing.has(worker)) return;
    const replacing = this.#succeed(worker, end)
      .catch((error: Error) => this.#parts.onFatal(error))
      .finally(() => this.#replacing.delete(worker));
    this.#replacing.set(worker, replacing);
  }

  /** Buries a dead worker and puts a successor in its place. */
  async #succeed(worker: number, end: WorkerEnd): Promise<void> {
    const startMs = performance.now();
    const { plan, shared, options } = this.#parts;
    const hung = this.#hung.get(worker);
    this.#hung.delete(worker);
    this.#links.delete(worker);
    const journal = shared.journals[worker];
    if (journal !== undefined) redo(journal, shared.rings);
    const actors = plan.actors.filter((actor) => actor.worker === worker);
    const culprit = actors.find(({ index }) => new ActorLedger(shared.ledger, index).read().isRunning);
    const how = end.error === undefined ? 'ended' : 'threw outside a handler';
    const error = hung ?? new WorkerDiedError(worker, culprit?.name, how, end.error);
    const limit = options.replacements ?? { max: 20, withinMs: 10_000 };
    this.#deathsMs = this.#deathsMs.filter((at) => startMs - at < limit.withinMs);
    this.#deathsMs.push(startMs);
    if (this.#deathsMs.length > limit.max) throw new ReplacementLimitError(limit.max, limit.withinMs, error);
    if (culprit?.supervision.strategy === 'escalate') throw error;
    if (culprit?.supervision.strategy === 'stop') this.#bury(culprit);
    const recovery = this.#recovery(actors, error);
    const restored = actors
      .filter(({ index }) => !recovery.over.includes(index))
      .map(({ index, name }) => ({ stage: name, inputsSince: 0, fromSnapshot: this.#snapshots.has(index) }));
    for (const { index } of actors) if (!recovery.over.includes(index)) this.states[index] = 'lost';
    await this.#open(worker, recovery, 'running');
    this.replaced[worker] = (this.replaced[worker] ?? 0) + 1;
    const reason = hung !== undefined ? 'hang' : end.error === undefined ? 'exit' : 'error';
    this.replacements.push({ worker, reason, error, tookMs: performance.now() - startMs, restored });
  }

  #recovery(actors: readonly ActorPlan[], error: Error): Recovery {
    const skips: { actor: number; edge: number; position: number }[] = [];
    for (const actor of actors) {
      const skip = this.#suspect(actor, error);
      if (skip !== undefined) skips.push({ actor: actor.index, ...skip });
    }
    const over = actors.filter(({ index }) => isOver(this.states[index])).map(({ index }) => index);
    const snapshots = new Map(actors.flatMap(({ index }) => {
      return this.#snapshots.has(index) ? [[index, this.#snapshots.get(index)] as const] : [];
    }));
    return { snapshots, skips, over, epochMs: this.#epochMs, isDraining: this.#isDraining };
  }

  /** Counts the deaths over one input; after the last try it becomes a dead letter and is passed over. */
  #suspect(actor: ActorPlan, error: Error): { edge: number; position: number } | undefined {
    const { shared, plan, letters } = this.#parts;
    const held = new ActorLedger(shared.ledger, actor.index).read();
    if ((!held.isRunning && !held.isPending) || held.edge < 0) return undefined;
    const position = (held.position - 1) | 0;
    const known = this.#suspects.get(actor.index);
    const isSame = known?.edge === held.edge && known.position === position;
    const suspect = isSame ? known : { edge: held.edge, position, deaths: 0 };
    suspect.deaths++;
    this.#suspects.set(actor.index, suspect);
    if (suspect.deaths < actor.supervision.triesMax) return undefined;
    const edge = plan.edges[held.edge] as EdgePlan;
    const letter = letterAt(plan, shared, edge, position, actor);
    if (letter === undefined) return undefined;
    letters.add(letter, error as WorkerDiedError);
    return { edge: held.edge, position };
  }

  /** Supervision `stop` after a death: the actor's inputs are detached and its outputs end. */
  #bury(actor: ActorPlan): void {
    const { plan, shared, bells } = this.#parts;
    for (const { edge } of actor.inlets) {
      const { ring, reader } = plan.edges[edge] as EdgePlan;
      if (ring !== undefined && reader !== undefined) detachReader(shared.rings[ring] as SharedArrayBuffer, reader);
    }
    for (const ring of plan.rings) {
      if (ring.writer.kind === 'actor' && ring.writer.actor === actor.index) {
        endRing(shared.rings[ring.index] as SharedArrayBuffer);
      }
    }
    for (const bell of bells) bell.ring();
    this.setState(actor.index, 'stopped');
  }
}

export function isOver(state: ActorState | undefined): boolean {
  return state === 'ended' || state === 'stopped';
}
