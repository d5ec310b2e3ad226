import {
  actorCount,
  Dispatcher,
  Doorbell,
  edgeWriterCount,
  Envelope,
  FrameOutlet,
  FrameReader,
  FrameWriter,
  Gauges,
  localQueue,
  MessageOutlet,
  MessageReader,
  MessageWriter,
} from '@troupe/mailbox';
import type {
  ActorGauges,
  LocalReader,
  LocalWriter,
  MailboxReader,
  MessageEdge,
  ReaderPolicy,
  RefusalPolicy,
  RefusingEdge,
} from '@troupe/mailbox';
import { everyStep } from '../clock/schedule.ts';
import { Turn } from '../clock/turn.ts';
import { ThreadEvents } from '../events/event-handle.ts';
import { EventTable } from '../events/event-table.ts';
import { Lease } from '../resources/lease.ts';
import { ResourceTable } from '../resources/resource-table.ts';
import type { Recovery, SharedRun, Upcall } from '../drivers/messages.ts';
import type { ActorPlan, EdgePlan, InletPlan, OutletPlan, Overflow, Plan } from '../plan/types.ts';
import type { AnyStage } from '../stage.ts';
import { freshState, noAttempts } from './actor.ts';
import type { Actor, HoldGroup, Inlet, Outflow } from './actor.ts';
import { Control } from './control.ts';
import { contextOf } from './context.ts';
import type { ThreadModes } from './gates.ts';
import { localGroups } from './groups.ts';
import { LateReader } from './late-reader.ts';
import { ActorLatches } from './latches.ts';
import { ActorLedger, EdgeLedger } from './ledger.ts';
import { ActorOut, interned } from './out.ts';
import { TickNote } from './tick-note.ts';
import type { ThreadTime } from './thread-time.ts';
import { Ticks } from './ticks.ts';
import type { WallClock } from './wall-clock.ts';

/** What the actors of one thread are built from. */
export interface WiringParts {
  readonly plan: Plan;
  readonly worker: number;
  readonly shared: SharedRun;
  readonly seed: number;
  readonly time: ThreadTime;
  readonly clock: WallClock;
  readonly recovery: Recovery | undefined;
  readonly upcall: Upcall;
  readonly modes: ThreadModes;
  /** The stage of an actor with its parsed options, by the actor's index. */
  readonly stages: ReadonlyMap<number, { readonly stage: AnyStage; readonly options: unknown }>;
  /** Called by `await out.flush()`. */
  readonly flush: (actor: Actor) => Promise<void> | undefined;
}

/** Everything that one thread's executor needs, wired to the shared memory of the run. */
export interface Wiring {
  readonly actors: readonly Actor[];
  readonly dispatcher: Dispatcher;
  readonly bell: Doorbell;
  readonly others: readonly Doorbell[];
  readonly main: Doorbell;
  readonly gauges: Gauges;
  readonly ticks: Ticks<Actor>;
  readonly events: ThreadEvents;
}

/** The doorbells of a run, by index: main, then the workers. */
export function doorbells(bells: SharedArrayBuffer, count: number): readonly Doorbell[] {
  return Array.from({ length: count }, (_, index) => new Doorbell(bells, index));
}

/** What leads the rounds of a run, under a clock that has them. */
export function turnOf({ turn }: SharedRun): Turn | undefined {
  return turn === undefined ? undefined : new Turn(turn);
}

/** How the reader behind an edge behaves: what refuses at the writer blocks at the reader. */
export function readerPolicy(overflow: Overflow): ReaderPolicy {
  return overflow === 'latest' || overflow === 'dropOldest' ? overflow : 'block';
}

/** Builds the actors of one thread. Handlers are created later. */
export function wire(parts: WiringParts): Wiring {
  return new Wirer(parts).wire();
}

class Wirer {
  readonly #parts: WiringParts;
  readonly #bells: readonly Doorbell[];
  readonly #turn: Turn | undefined;
  readonly #gauges: Gauges;
  readonly #ticks: Ticks<Actor>;
  readonly #events: ThreadEvents;
  readonly #resources: ResourceTable;
  readonly #writers = new Map<number, FrameWriter | MessageWriter>();
  readonly #queues = new Map<number, { readonly writer: LocalWriter; readonly reader: LocalReader }>();

  constructor(parts: WiringParts) {
    this.#parts = parts;
    this.#turn = turnOf(parts.shared);
    this.#bells = doorbells(parts.shared.bells, parts.plan.workers.length);
    this.#gauges = new Gauges(parts.shared.gauges);
    this.#ticks = new Ticks(parts.plan);
    const { plan, shared, worker, time } = parts;
    const table = new EventTable(shared.events, plan.events);
    this.#events = new ThreadEvents(table, plan.events, this.#bells, this.#bells[worker] as Doorbell, time);
    this.#resources = new ResourceTable(shared.resources, worker);
  }

  wire(): Wiring {
    const { plan, worker, shared } = this.#parts;
    this.#openWriters();
    const actors = (plan.workers[worker]?.actors ?? []).map((index) =>
      this.#actor(plan.actors[index] as ActorPlan),
    );
    this.#group(actors);
    this.#ticks.take(actors);
    this.#resumeTicks(actors);
    const bell = this.#bells[worker] as Doorbell;
    const others = this.#bells.filter((other) => other !== bell);
    return {
      actors,
      dispatcher: new Dispatcher(shared.journals[worker]),
      bell,
      others,
      main: this.#bells[0] as Doorbell,
      gauges: this.#gauges,
      ticks: this.#ticks,
      events: this.#events,
    };
  }

  /** What a predecessor of this thread knew of the clock. */
  #resumeTicks(actors: readonly Actor[]): void {
    const { recovery } = this.#parts;
    if (recovery === undefined) return;
    for (const { ticker, gauges } of actors) {
      if (ticker?.runnerIndex !== everyStep) continue;
      const { [actorCount.nextTick]: next = 0, [actorCount.tickTimeNs]: timeNs = 0 } = gauges.counts;
      this.#ticks.resume(next - 1, timeNs);
    }
    for (const change of recovery.rates) this.#ticks.change(change);
  }

  #openWriters(): void {
    const { plan, worker, shared } = this.#parts;
    for (const ring of plan.rings) {
      if (ring.writerWorker !== worker || ring.writer.kind !== 'actor') continue;
      const buffer = shared.rings[ring.index] as SharedArrayBuffer;
      const writer =
        ring.kind === 'frame' ? new FrameWriter(buffer, this.#bells) : new MessageWriter(buffer, this.#bells);
      writer.id = ring.index;
      writer.setBell(worker);
      writer.tellsWishes = shared.turn !== undefined;
      this.#writers.set(ring.index, writer);
    }
    for (const edge of plan.edges) {
      if (edge.transport !== 'local' || edge.from.kind !== 'actor') continue;
      if (plan.actors[edge.from.actor]?.worker !== worker) continue;
      this.#queues.set(
        edge.index,
        localQueue({
          capacity: edge.capacity,
          capacityMax: edge.capacityMax,
          policy: readerPolicy(edge.overflow),
        }),
      );
    }
  }

  #actor(plan: ActorPlan): Actor {
    const { shared, stages, recovery, flush } = this.#parts;
    const found = stages.get(plan.index);
    if (found === undefined) throw new Error(`stage of actor ${plan.index} was not loaded`);
    const posts: unknown[] = [];
    const outflows = plan.outlets.map((outlet) => this.#outflow(plan, outlet));
    const outlets = outflows.map(({ outlet }) => outlet);
    const ledger = new ActorLedger(shared.ledger, plan.index);
    const inlets = plan.inlets.map((inlet) => this.#inlet(inlet, this.#edge(inlet.edge), ledger));
    const localReaders = inlets.filter(({ edge }) => this.#queues.has(edge)).map(({ reader }) => reader);
    const gauges = this.#gauges.actor(plan.index);
    const control = plan.control && new Control(plan.control, this.#events.table);
    const tickNote = plan.tick === undefined || shared.turn === undefined ? undefined : new TickNote(ledger);
    const isOver = recovery?.over.includes(plan.index) === true;
    const envelope = new Envelope();
    const latches =
      plan.latches.length === 0
        ? undefined
        : new ActorLatches(plan, shared.latches, this.#parts.clock, this.#turn, () => this.#events.tell());
    const actor: Actor = {
      ...freshState(),
      plan,
      stage: found.stage,
      context: contextOf({
        ...this.#parts,
        plan,
        options: found.options,
        posts,
        gauges,
        latches,
        events: this.#events,
        bell: this.#bells[this.#parts.worker] as Doorbell,
      }),
      handlers: {},
      inlets,
      readers: [
        ...inlets.map(({ reader }) => reader),
        ...(control?.isToggle === true ? [control] : []),
        ...(tickNote === undefined ? [] : [tickNote]),
      ],
      localReaders,
      outlets,
      outflows,
      envelope,
      out: new ActorOut(outlets, envelope, () => flush(actor)),
      gauges,
      ledger,
      control,
      lease: this.#lease(plan, gauges),
      posts,
      ticker: isOver ? undefined : this.#ticks.tickerOf(plan),
      tickNote,
      latches,
      phase: isOver ? 'ended' : 'created',
      snapshot: recovery?.snapshots.get(plan.index),
    };
    if (isOver) this.#layToRest(actor);
    return actor;
  }

  /** What an actor that is over left on this thread's queues died with the last thread: they end anew. */
  #layToRest({ localReaders, outlets }: Actor): void {
    for (const reader of localReaders) reader.detach();
    for (const outlet of outlets) outlet.end();
  }

  #lease({ index, resources }: ActorPlan, { counts }: ActorGauges): Lease | undefined {
    if (resources.length === 0) return undefined;
    const all = this.#parts.plan.resources;
    return new Lease(index, counts, { table: this.#resources, resources: all, bells: this.#bells });
  }

  #edge(index: number): EdgePlan {
    return this.#parts.plan.edges[index] as EdgePlan;
  }

  #inlet({ port, maxEmit }: InletPlan, edge: EdgePlan, ledger: ActorLedger): Inlet {
    const { plan, shared, recovery } = this.#parts;
    const isLate = plan.clock !== 'realtime' && edge.back && edge.overflow !== 'block';
    const reader = isLate ? new LateReader(this.#reader(edge)) : this.#reader(edge);
    const inlet: Inlet = {
      port: interned(port),
      edge: edge.index,
      isBack: edge.back,
      maxEmit,
      reader,
      gauges: this.#gauges.edge(edge.index),
      ledger: new EdgeLedger(shared.ledger, plan.actors.length, edge.index),
      attempts: noAttempts(),
      isRecovering: false,
      takenTo: reader.position,
      exposedTo: reader.position,
      countedTo: reader.position,
      skips: recovery?.skips.filter((skip) => skip.edge === edge.index).map(({ position }) => position) ?? [],
      skippedTo: reader.skipped,
    };
    if (recovery === undefined || edge.ring === undefined) return inlet;
    const slots = plan.rings[edge.ring]?.slots ?? 0;
    const exposed = inlet.ledger.exposedFrom(reader.position, slots);
    const held = ledger.read();
    const taken = held.edge === edge.index ? (held.position - reader.position) | 0 : 0;
    const skipped = Math.max(0, ...inlet.skips.map((position) => (position + 1 - reader.position) | 0));
    inlet.exposedTo = (reader.position + exposed) | 0;
    inlet.takenTo =
      (reader.position + Math.max(exposed, skipped, taken > 0 && taken <= slots ? taken : 0)) | 0;
    inlet.isRecovering = inlet.takenTo !== reader.position;
    return inlet;
  }

  #reader(edge: EdgePlan): MailboxReader {
    const { plan, worker, shared } = this.#parts;
    const queue = this.#queues.get(edge.index);
    if (queue !== undefined) return queue.reader;
    const ring = plan.rings[edge.ring ?? -1];
    const buffer = shared.rings[edge.ring ?? -1];
    if (ring === undefined || buffer === undefined || edge.reader === undefined) {
      throw new Error(`edge ${edge.index} has no ring`);
    }
    const writer = edge.transport === 'fused' ? this.#writers.get(ring.index) : undefined;
    const options = {
      place: edge.reader,
      policy: readerPolicy(edge.overflow),
      capacity: edge.capacity,
      bell: worker,
      bells: this.#bells,
      ...(writer === undefined ? {} : { fused: writer }),
    };
    const reader =
      ring.kind === 'frame' ? new FrameReader(buffer, options) : new MessageReader(buffer, options);
    reader.id = ring.index;
    return reader;
  }

  #outflow(plan: ActorPlan, outletPlan: OutletPlan): Outflow {
    return outletPlan.kind === 'frame'
      ? this.#frameOutflow(plan, outletPlan)
      : this.#messageOutflow(plan, outletPlan);
  }

  #frameOutflow(plan: ActorPlan, { port, primary, edges, maxEmit }: OutletPlan): Outflow {
    const refusing = new Map<number, RefusingEdge<FrameWriter>>();
    for (const edge of edges.map((index) => this.#edge(index))) {
      const policy = refusalPolicy(edge.overflow);
      const writer = this.#writers.get(edge.ring ?? -1);
      if (policy === undefined || !(writer instanceof FrameWriter)) continue;
      refusing.set(edge.index, { writer, policy, capacity: edge.capacity, dropped: 0 });
    }
    const writer = this.#writers.get(primary ?? -1);
    if (!(writer instanceof FrameWriter)) throw new Error(`output '${plan.name}.${port}' has no ring`);
    const outlet = new FrameOutlet(interned(port), writer, [...refusing.values()], maxEmit, plan.spillMax);
    return {
      outlet,
      edges: edges.map((edge) => this.#outEdge(edge, refusing.get(edge))),
    };
  }

  #messageOutflow(plan: ActorPlan, { port, edges, maxEmit }: OutletPlan): Outflow {
    const messageEdges = edges.map((index): MessageEdge => {
      const edge = this.#edge(index);
      const queue = this.#queues.get(index);
      const writer = queue?.writer ?? this.#writers.get(edge.ring ?? -1);
      if (writer === undefined || writer instanceof FrameWriter)
        throw new Error(`edge ${index} has no queue`);
      const refusal = refusalPolicy(edge.overflow);
      return { writer, isLocal: queue !== undefined, refusal, capacity: edge.capacity, dropped: 0 };
    });
    const outlet = new MessageOutlet(interned(port), messageEdges, maxEmit, plan.spillMax);
    return {
      outlet,
      edges: messageEdges.map((refusing, i) => this.#outEdge(edges[i] ?? 0, refusing)),
    };
  }

  #outEdge(edge: number, refusing: { readonly dropped: number } | undefined): Outflow['edges'][number] {
    const gauges = this.#gauges.edge(edge);
    return { gauges, refusing, droppedBefore: gauges.writer[edgeWriterCount.droppedNewest] as number };
  }

  /**
   * Joins actors that local queues connect, so that their inputs are released together. Main outlives every
   * worker.
   */
  #group(actors: readonly Actor[]): void {
    if (this.#parts.worker === 0 || this.#queues.size === 0) return;
    const { plan, worker } = this.#parts;
    const groupOf = localGroups(plan, worker);
    const members = Map.groupBy(actors, (actor) => groupOf(actor.plan.index));
    for (const group of members.values()) {
      if (group.length < 2) continue;
      const inlets = group.flatMap((actor) => actor.inlets);
      const hold: HoldGroup = {
        actors: group,
        locals: inlets.filter(({ edge }) => this.#queues.has(edge)).map(({ reader }) => reader),
        inlets: inlets.filter(({ edge }) => !this.#queues.has(edge)),
        readers: group.flatMap(({ readers }) => readers),
      };
      for (const actor of group) actor.group = hold;
    }
  }
}

function refusalPolicy(overflow: Overflow): RefusalPolicy | undefined {
  return overflow === 'dropNewest' || overflow === 'error' ? overflow : undefined;
}
