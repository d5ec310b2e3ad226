import { edgeReaderCount, Gauges, heldFor, readerCursor, ringHead } from '@troupe/mailbox';
import { edgeInHand } from '../../executor/ledger.ts';
import type { PortMap } from '../../ports.ts';
import type { EdgeEnd, EdgePlan, Plan } from '../../plan/types.ts';
import { isActiveIn } from '../../modes/gate-state.ts';
import type { Ground } from '../../run/world.ts';
import type { Input, StageContext } from '../../stage.ts';
import { ActorWatch, EdgeWatch } from './actor-watch.ts';
import { SimulationError } from './simulation-error.ts';
import type { Violation } from './simulation-error.ts';
import type { Faults } from './faults.ts';
import type { CallGuard, CallKind } from './simulated-stages.ts';
import type { Simulation } from './simulation.ts';
import { happened, traceEdges } from './trace.ts';

/** How much of the trace an error has with it. */
const traceMax = 500;

/** How far a due time may be from the one that an executor sees by its own clock. */
const roundingMs = 1e-6;

/** What a throw that was made to happen looks like. */
class SimulatedThrow extends Error {
  override readonly name = 'SimulatedThrow';
}

/**
 * Looks at everything that a simulated run does, and says what must not be. docs/simulation.md, "Invariants".
 */
export class Watch {
  readonly seed: number;
  readonly faults: Faults;
  /** Calls of handlers. */
  calls = 0;
  actors: readonly ActorWatch[] = [];
  edges: readonly EdgeWatch[] = [];
  /** The first invariant that was found broken. */
  violation: SimulationError | undefined;
  #simulation!: Simulation;
  #ground: Ground | undefined;
  #plan!: Plan;
  #ledger!: Int32Array;
  #gauges!: Gauges;
  #letters = 0;
  readonly #byName = new Map<string, ActorWatch>();
  /** Actors with a call that has begun and not ended. */
  readonly #running = new Set<ActorWatch>();

  constructor(seed: number, faults: Faults) {
    this.seed = seed;
    this.faults = faults;
  }

  set simulation(simulation: Simulation) {
    this.#simulation = simulation;
  }

  begin(ground: Ground): void {
    const { plan, shared } = ground;
    this.#ground = ground;
    this.#plan = plan;
    this.#ledger = new Int32Array(shared.ledger);
    this.#gauges = new Gauges(shared.gauges);
    this.actors = plan.actors.map((actor) => new ActorWatch(actor));
    this.edges = plan.edges.map((edge) => {
      const watch = new EdgeWatch();
      watch.isLossy = edge.overflow !== 'block' || this.#isPassedOver(edge);
      return watch;
    });
    for (const actor of this.actors) this.#byName.set(actor.plan.name, actor);
    this.#simulation.trace.edges = traceEdges(plan);
  }

  /** Reports what must not be; the first report counts. */
  report(code: Violation, what: string, place: { stage?: string; port?: string } = {}): SimulationError {
    const { step, trace } = this.#simulation;
    this.violation ??= new SimulationError(code, what, {
      seed: this.seed,
      step,
      faults: [...this.faults.happened],
      trace: trace.entries(traceMax),
      ...place,
    });
    return this.violation;
  }

  actor(name: string): ActorWatch | undefined {
    return this.#byName.get(name);
  }

  /** The readers between two ports are switched between blocking and not: those of all edges that block. */
  switchEdges(from: EdgeEnd, to: EdgeEnd): void {
    for (const edge of this.#plan.edges) {
      if (edge.overflow !== 'block' || !isSameEnd(edge.from, from) || !isSameEnd(edge.to, to)) continue;
      const watch = this.edges[edge.index] as EdgeWatch;
      watch.isLossy = true;
      watch.isSwitched = true;
    }
  }

  /** A worker's thread has ended: its calls have, and what it had in hand is handed over again. */
  lose(worker: number): void {
    for (const actor of this.actors) {
      if (actor.plan.worker !== worker) continue;
      actor.isIn = false;
      this.#running.delete(actor);
      for (const { edge } of actor.plan.inlets) {
        const watch = this.edges[edge] as EdgeWatch;
        watch.hasLost = true;
        watch.mayGoBack = true;
        if (this.#plan.edges[edge]?.transport === 'local') watch.forget();
      }
    }
  }

  /** What stands around the calls of one instance of an actor. */
  guard(context: StageContext): CallGuard {
    const actor = this.#byName.get(context.name) as ActorWatch;
    const simulation = this.#simulation;
    const thread = simulation.current;
    return {
      enter: (kind, input) => this.#enter(actor, kind, input, context),
      leave: (isAsync) => this.#leave(actor, isAsync),
      fail: () => this.#fail(actor),
      get isOver() {
        return thread.isGone || thread.state === 'stuck';
      },
      check() {
        if (simulation.hasFallen) throw simulation.fall(false);
      },
    };
  }

  #enter(
    actor: ActorWatch,
    kind: CallKind,
    input: Input<PortMap> | undefined,
    context: StageContext,
  ): Promise<void> | undefined {
    const simulation = this.#simulation;
    if (simulation.hasFallen) throw simulation.fall(false);
    const { plan } = actor;
    const { current, step } = simulation;
    this.calls++;
    actor.calls++;
    if (kind === 'onTick') actor.ticks++;
    const seq = (input as { readonly seq: number } | undefined)?.seq ?? -1;
    const edge = input === undefined ? -1 : edgeInHand(this.#ledger, plan.index);
    simulation.trace.note(step, simulation.timeMs, current.index, happened[kind], plan.name, seq, edge);
    if (actor.isIn) {
      throw this.report(
        'NOT_SERIAL',
        `${kind} of '${plan.name}' is called while another handler of it runs`,
        {
          stage: plan.name,
        },
      );
    }
    if (input !== undefined) this.#admit(actor, input);
    else actor.edge = -1;
    this.#exclude(actor, context.modes.current);
    actor.isIn = true;
    actor.thread = current;
    this.#running.add(actor);
    const mayEnd = current !== simulation.main;
    actor.fault = this.faults.ofCall(plan.name, actor.key, actor.calls, mayEnd && kind !== 'onPost', {
      step,
      atMs: simulation.timeMs,
    });
    return actor.fault === undefined ? undefined : this.#begin(actor);
  }

  /** The fault of a call that begins. */
  #begin(actor: ActorWatch): Promise<void> | undefined {
    const { fault, plan } = actor;
    const simulation = this.#simulation;
    if (fault === undefined) return undefined;
    simulation.trace.note(
      simulation.step,
      simulation.timeMs,
      simulation.current.index,
      happened.fault,
      fault.kind,
      0,
    );
    const isStuck = fault.kind === 'hang';
    // What an event loop awaits is no hang that the watchdog of calls would see.
    const mayHang = plan.supervision.watchdogMs > 0 && !simulation.current.isIo;
    if (isStuck && !mayHang) actor.fault = undefined;
    else if (fault.kind === 'slow') return this.#slow(fault.slowMs, plan.io);
    else if (!fault.isLate || isStuck) this.#strike(actor);
    return undefined;
  }

  #slow(slowMs: number, isIo: boolean): Promise<void> | undefined {
    const simulation = this.#simulation;
    const { current } = simulation;
    if (!isIo) {
      current.aheadMs += slowMs;
      return undefined;
    }
    return new Promise((resolve) => void simulation.afterOn(current, slowMs, resolve));
  }

  /** Throws what the fault of the call is. */
  #strike(actor: ActorWatch): void {
    const { fault, plan } = actor;
    if (fault?.kind === 'throw') {
      this.#fail(actor);
      throw new SimulatedThrow(`a fault of the simulation in '${plan.name}'`);
    }
    throw this.#simulation.fall(fault?.kind === 'hang');
  }

  #leave(actor: ActorWatch, isAsync: boolean): void {
    const { fault } = actor;
    if (fault !== undefined && fault.kind !== 'slow') {
      if (isAsync && fault.kind === 'death') {
        this.#simulation.end(actor.thread ?? this.#simulation.main);
        return;
      }
      this.#strike(actor);
    }
    actor.isIn = false;
    this.#running.delete(actor);
    if (actor.edge >= 0) this.edges[actor.edge]?.close(actor.seq);
  }

  #fail(actor: ActorWatch): void {
    if (this.#simulation.hasFallen) return;
    actor.isIn = false;
    this.#running.delete(actor);
    const edge = this.edges[actor.edge];
    if (edge !== undefined) edge.isRetried = true;
  }

  #admit(actor: ActorWatch, { seq, port, redelivered, resent }: Received): void {
    actor.edge = -1;
    if (resent) return;
    const edge = edgeInHand(this.#ledger, actor.plan.index);
    const watch = this.edges[edge];
    if (watch === undefined) return;
    actor.edge = edge;
    actor.seq = seq;
    const { last } = watch;
    if (watch.admits(seq, redelivered)) return;
    throw this.report(
      'OUT_OF_ORDER',
      `'${actor.plan.name}' gets ${seq} after ${last} on port '${port}' (edge ${edge})`,
      {
        stage: actor.plan.name,
        port,
      },
    );
  }

  /** No two handlers run at once that must not. */
  #exclude({ plan }: ActorWatch, mode: string): void {
    const { activeIn, name } = plan;
    if (!isActiveIn(activeIn, mode)) {
      throw this.report('NOT_EXCLUSIVE', `'${name}' is called in mode '${mode}', in which it is not active`, {
        stage: name,
      });
    }
    if (this.#running.size === 0) return;
    for (const other of this.#running) {
      if (activeIn === undefined || isActiveIn(other.plan.activeIn, mode)) continue;
      const what = `'${name}' is called in mode '${mode}' while a handler of '${other.plan.name}' runs`;
      throw this.report('NOT_EXCLUSIVE', what, { stage: name });
    }
    for (const { resource, amount } of plan.resources) {
      let held = amount;
      for (const other of this.#running)
        for (const each of other.plan.resources) if (each.resource === resource) held += each.amount;
      const { name: what = '?', capacity = 0 } = this.#plan.resources[resource] ?? {};
      if (held <= capacity) continue;
      throw this.report('NOT_EXCLUSIVE', `'${name}' is called with ${held} of ${capacity} '${what}' in use`, {
        stage: name,
      });
    }
  }

  /** Nobody can go on at this time: nothing may be left undone, lost, or beyond its bound. */
  atRest(): void {
    const simulation = this.#simulation;
    if (!simulation.isAsleep || this.#ground === undefined) return;
    for (const { thread, loop } of simulation.sleepers()) {
      // One whose time has come wakes by itself; the machine holds it up.
      if (thread.dueMs <= simulation.timeMs + roundingMs) continue;
      if (!loop.bell.hasControl() && !loop.executor.hasWork()) continue;
      const who = thread.index === 0 ? 'main' : `worker ${thread.index}`;
      throw this.report('LOST_WAKE_UP', `${who} sleeps although it has work, and nobody has rung`);
    }
    this.balance(false);
  }

  /** Every message is where it has been counted. `isOver`: none may be left. */
  balance(isOver: boolean): void {
    this.#file();
    for (const edge of this.#plan.edges) {
      const watch = this.edges[edge.index] as EdgeWatch;
      if (edge.to.kind !== 'actor' || edge.ring === undefined || edge.reader === undefined) continue;
      const buffer = this.#ground?.shared.rings[edge.ring];
      if (buffer === undefined) continue;
      const head = ringHead(buffer);
      const cursor = readerCursor(buffer, edge.reader);
      const place = { stage: this.#plan.actors[edge.to.actor]?.name ?? '?', port: edge.to.port };
      // What a stage on the writer's own thread has handled makes room before it is released.
      const held = heldFor(buffer, edge.reader);
      const slots = this.#plan.rings[edge.ring]?.slots ?? 0;
      const mayFill = edge.transport === 'fused' || watch.isSwitched;
      const bound = mayFill ? Math.min(held, 1) * slots : held;
      if (bound > 0 && !isOver && head - cursor > bound) {
        throw this.report('UNBOUNDED', `${head - cursor} messages wait where ${bound} may`, place);
      }
      // What still comes by a back-edge when its stage has ended is nobody's.
      if (!this.#isLate(edge))
        this.#weigh(edge, watch, { head, cursor, isOver: isOver && !edge.back, place });
    }
  }

  #weigh(
    edge: EdgePlan,
    watch: EdgeWatch,
    at: { head: number; cursor: number; isOver: boolean; place: { stage: string; port: string } },
  ): void {
    const { head, cursor, isOver, place } = at;
    if (!watch.isLossy) {
      const [first] = watch.missing;
      if (first !== undefined) {
        throw this.report('NOT_CONSERVED', `message ${first} was neither handled nor dropped`, place);
      }
    }
    const { reader } = this.#gauges.edge(edge.index);
    const dropped = dropCounts.reduce((sum, reason) => sum + (reader[reason] as number), 0);
    const known = watch.done + dropped;
    // What an edge has dropped is counted when its reader comes to it the next time.
    const mayLag = watch.isLossy && !isOver;
    const gone = isOver ? head : cursor;
    if (known < gone && !mayLag) {
      const what = `${gone} messages are gone: ${watch.done} were handled or given up, ${dropped} dropped`;
      throw this.report('NOT_CONSERVED', what, place);
    }
    // What a dead thread had handled and not released may have been dropped instead.
    if (known <= head || (watch.isLossy && watch.hasLost)) return;
    throw this.report(
      'NOT_CONSERVED',
      `${known} messages are accounted for, of ${head} that were sent`,
      place,
    );
  }

  /** Takes in what has become a dead letter. */
  #file(): void {
    const letters = this.#ground?.letters;
    for (; letters !== undefined && this.#letters < letters.count; this.#letters++) {
      const wire = letters.find(this.#letters)?.wire;
      if (wire !== undefined && wire.edge >= 0) this.edges[wire.edge]?.close(wire.seq);
    }
  }

  /** Messages that wait where no cursor tells of them. */
  #isLate({ back, overflow }: EdgePlan): boolean {
    return this.#plan.clock !== 'realtime' && back && overflow !== 'block';
  }

  /** Whether its reader lets messages go while it is not to run. */
  #isPassedOver({ to }: EdgePlan): boolean {
    const actor = to.kind === 'actor' ? this.#plan.actors[to.actor] : undefined;
    return actor !== undefined && (actor.activeIn !== undefined || actor.control !== undefined);
  }
}

interface Received {
  readonly seq: number;
  readonly port: string;
  readonly redelivered: boolean;
  readonly resent: boolean;
}

function isSameEnd(a: EdgeEnd, b: EdgeEnd): boolean {
  return a.kind === 'actor' && b.kind === 'actor' && a.actor === b.actor && a.port === b.port;
}

const dropCounts = [
  edgeReaderCount.skippedLatest,
  edgeReaderCount.skippedOldest,
  edgeReaderCount.skippedNonBlocking,
  edgeReaderCount.skippedInactive,
  edgeReaderCount.discarded,
] as const;
