import type { FramePort } from '../ports.ts';
import type { ResolvedEdge } from './edges.ts';
import { kept } from './lists.ts';
import {
  arenaBytes,
  frameReadersMax,
  hasOwnRing,
  isLossyByReader,
  primaryCapacity,
  ringSlots,
} from './sizes.ts';
import type { ResolvedStage } from './stages.ts';
import type { RingPlan } from './ring-types.ts';
import type { EdgeEnd, EdgePlan, InletPlan, OutletPlan, Transport } from './types.ts';

/** How messages get from each output to each input. */
export interface Routes {
  readonly edges: readonly EdgePlan[];
  readonly rings: readonly RingPlan[];
  /** By actor. */
  readonly inlets: readonly (readonly InletPlan[])[];
  /** By actor. */
  readonly outlets: readonly (readonly OutletPlan[])[];
}

/**
 * Resolves the transport of every edge and the rings behind them. `edges` is dense: `index` is the position.
 * `growth`: how many messages each edge's mailbox may grow to.
 */
export function resolveRoutes(
  stages: readonly ResolvedStage[],
  edges: readonly ResolvedEdge[],
  workerOf: readonly number[],
  growth: readonly number[],
): Routes {
  const isKeeping = (actor: number): boolean => stages[actor]?.activity.whileInactive !== 'drop';
  const router = new Router(edges, workerOf, growth, isKeeping);
  const incoming: ResolvedEdge[][] = stages.map(() => []);
  const outgoing: ResolvedEdge[][] = stages.map(() => []);
  for (const edge of edges) {
    if (edge.from.kind === 'actor') outgoing[edge.from.actor]?.push(edge);
    else router.addBoundaryInput(edge);
    if (edge.to.kind === 'actor') incoming[edge.to.actor]?.push(edge);
  }
  const outlets = stages.map((stage, actor) => router.addOutlets(stage, outgoing[actor] ?? []));
  const inlets = stages.map((stage, actor) => inletsOf(stage, incoming[actor] ?? []));
  return { edges: router.edgePlans(), rings: router.rings, inlets, outlets };
}

function inletsOf(stage: ResolvedStage, incoming: readonly ResolvedEdge[]): readonly InletPlan[] {
  const byPort = groupByPort(incoming, (edge) => edge.to);
  const inlets: InletPlan[] = [];
  for (const port of stage.inputs?.keys() ?? []) {
    for (const edge of byPort.get(port) ?? []) {
      const maxEmit = edge.from.kind === 'actor' ? edge.port.maxEmit : 1;
      inlets.push({ port, kind: edge.port.kind, maxEmit, edge: edge.index });
    }
  }
  return inlets;
}

function groupByPort(
  edges: readonly ResolvedEdge[],
  endOf: (edge: ResolvedEdge) => EdgeEnd,
): ReadonlyMap<string, readonly ResolvedEdge[]> {
  const groups = new Map<string, ResolvedEdge[]>();
  for (const edge of edges) {
    const end = endOf(edge);
    if (end.kind !== 'actor') continue;
    const group = groups.get(end.port);
    if (group === undefined) groups.set(end.port, [edge]);
    else group.push(edge);
  }
  return groups;
}

/** Hands out rings, and reader places in them. */
class Router {
  readonly rings: RingPlan[] = [];
  readonly #edges: readonly ResolvedEdge[];
  readonly #workerOf: readonly number[];
  readonly #growth: readonly number[];
  /** Whether a stage's mailboxes keep messages while it is not to run. */
  readonly #isKeeping: (actor: number) => boolean;
  readonly #shapes = new Map<readonly number[], readonly number[]>();
  readonly #seats = new Map<number, { readonly ring: number; readonly reader: number }>();

  constructor(
    edges: readonly ResolvedEdge[],
    workerOf: readonly number[],
    growth: readonly number[],
    isKeeping: (actor: number) => boolean,
  ) {
    this.#edges = edges;
    this.#growth = growth;
    this.#workerOf = workerOf;
    this.#isKeeping = isKeeping;
  }

  addBoundaryInput(edge: ResolvedEdge): void {
    if (edge.port.kind === 'frame') this.#addFrameRing(edge.from, edge.port, edge.capacity, [edge]);
    else this.#addMessageRing(edge, 1);
  }

  addOutlets(stage: ResolvedStage, outgoing: readonly ResolvedEdge[]): readonly OutletPlan[] {
    const byPort = groupByPort(outgoing, (edge) => edge.from);
    const outlets: OutletPlan[] = [];
    for (const [name, port] of stage.outputs ?? []) {
      if (port === undefined) continue;
      const edges = byPort.get(name) ?? [];
      const common = { port: name, maxEmit: port.maxEmit, edges: edges.map((edge) => edge.index) };
      if (port.kind === 'frame') {
        const { dtype, shape } = port;
        const writer: EdgeEnd = edges[0]?.from ?? { kind: 'actor', actor: stage.index, port: name };
        const shared = edges.filter((edge) => !hasOwnRing(edge.overflow));
        const capacities = shared.map((edge) => edge.capacity);
        const primary = this.#addFrameRing(writer, port, primaryCapacity(capacities, port.maxEmit), shared);
        const rings = edges
          .filter((edge) => hasOwnRing(edge.overflow))
          .map((edge) => this.#addFrameRing(writer, port, edge.capacity, [edge]));
        outlets.push({
          ...common,
          kind: 'frame',
          dtype,
          shape: this.#shape(shape),
          maxBytes: undefined,
          primary,
          rings: kept(rings),
        });
      } else {
        const rings = edges
          .filter((edge) => this.#transport(edge) === 'ring')
          .map((edge) => this.#addMessageRing(edge, port.maxEmit));
        const { maxBytes } = port;
        const none = { dtype: undefined, shape: undefined, primary: undefined };
        outlets.push({ ...common, ...none, kind: 'message', maxBytes, rings: kept(rings) });
      }
    }
    return outlets;
  }

  edgePlans(): readonly EdgePlan[] {
    return this.#edges.map((edge) => {
      const { index, from, to, capacity, overflow, back } = edge;
      const seat = this.#seats.get(index);
      const transport = this.#transport(edge);
      const capacityMax = this.#growth[index] ?? capacity;
      const { ring, reader } = seat ?? { ring: undefined, reader: undefined };
      return { index, from, to, capacity, capacityMax, overflow, back, transport, ring, reader };
    });
  }

  #addFrameRing(writer: EdgeEnd, port: FramePort, capacity: number, edges: readonly ResolvedEdge[]): number {
    const index = this.rings.length;
    this.rings.push({
      index,
      kind: 'frame',
      writer,
      writerWorker: this.#workerAt(writer),
      dtype: port.dtype,
      shape: this.#shape(port.shape),
      capacity,
      slots: ringSlots(
        this.#grown(edges, capacity),
        edges.some((edge) => isLossyByReader(edge.overflow)),
        port.maxEmit,
      ),
      readersMax: frameReadersMax(edges.length),
      edges: this.#seat(index, edges),
    });
    return index;
  }

  #addMessageRing(edge: ResolvedEdge, maxEmit: number): number {
    const index = this.rings.length;
    const bytesMax = edge.port.kind === 'message' ? edge.port.maxBytes : 0;
    this.rings.push({
      index,
      kind: 'message',
      writer: edge.from,
      writerWorker: this.#workerAt(edge.from),
      capacity: edge.capacity,
      slots: ringSlots(this.#grown([edge], edge.capacity), isLossyByReader(edge.overflow), maxEmit),
      readersMax: 1,
      edges: this.#seat(index, [edge]),
      bytesMax,
      arenaBytes: arenaBytes(this.#grown([edge], edge.capacity), maxEmit, bytesMax),
    });
    return index;
  }

  /** A copy, the same one wherever a port's shape is told: a stage's ports are those of all its actors. */
  #shape(shape: readonly number[]): readonly number[] {
    const known = this.#shapes.get(shape);
    if (known !== undefined) return known;
    const copy = [...shape];
    this.#shapes.set(shape, copy);
    return copy;
  }

  /** What the mailboxes of a ring's edges may grow to. */
  #grown(edges: readonly ResolvedEdge[], capacity: number): number {
    return edges.reduce((most, { index }) => Math.max(most, this.#growth[index] ?? 0), capacity);
  }

  #seat(ring: number, edges: readonly ResolvedEdge[]): readonly number[] {
    edges.forEach((edge, reader) => this.#seats.set(edge.index, { ring, reader }));
    return edges.map((edge) => edge.index);
  }

  #transport({ from, to, port, back }: ResolvedEdge): Transport {
    if (from.kind === 'boundary' || to.kind === 'boundary') return 'ring';
    if (this.#workerAt(from) !== this.#workerAt(to)) return 'ring';
    if (port.kind === 'frame') return 'fused';
    // What lies on a local queue keeps its neighbours from releasing their inputs; what goes round may never
    // come to rest.
    return back || this.#isKeeping(to.actor) ? 'ring' : 'local';
  }

  /** The application is on main. */
  #workerAt(end: EdgeEnd): number {
    return end.kind === 'actor' ? (this.#workerOf[end.actor] ?? 0) : 0;
  }
}
