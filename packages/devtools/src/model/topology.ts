import type { EdgeWire, EndWire, GraphWire } from '@troupe/core/telemetry';

/** Who is next to whom. Lists are of edges, by stage. */
export interface Topology {
  readonly incoming: readonly (readonly EdgeWire[])[];
  readonly outgoing: readonly (readonly EdgeWire[])[];
  readonly stageByName: ReadonlyMap<string, number>;
  readonly edgeByName: ReadonlyMap<string, number>;
}

const known = new WeakMap<GraphWire, Topology>();

export function topologyOf(graph: GraphWire): Topology {
  let topology = known.get(graph);
  if (topology === undefined) {
    topology = makeTopology(graph);
    known.set(graph, topology);
  }
  return topology;
}

function makeTopology(graph: GraphWire): Topology {
  const incoming: EdgeWire[][] = graph.stages.map(() => []);
  const outgoing: EdgeWire[][] = graph.stages.map(() => []);
  for (const edge of graph.edges) {
    if (edge.from.kind === 'stage') outgoing[edge.from.stage]?.push(edge);
    if (edge.to.kind === 'stage') incoming[edge.to.stage]?.push(edge);
  }
  return {
    incoming,
    outgoing,
    stageByName: new Map(graph.stages.map(({ name, index }) => [name, index])),
    edgeByName: new Map(graph.edges.map((edge) => [edgeName(graph, edge), edge.index])),
  };
}

/** As `scale.doubled → detect.samples`; an end of the application has only a name. */
export function edgeName(graph: GraphWire, { from, to }: EdgeWire): string {
  return `${endName(graph, from)} → ${endName(graph, to)}`;
}

export function endName(graph: GraphWire, end: EndWire): string {
  if (end.kind === 'boundary') return end.name;
  return `${graph.stages[end.stage]?.name ?? end.stage}.${end.port}`;
}

/** Stages that messages of a stage go to, without those that they only go back to; each once. */
export function downstreamOf(graph: GraphWire, stage: number): readonly number[] {
  const ends = topologyOf(graph).outgoing[stage] ?? [];
  return unique(ends.flatMap(({ to, back }) => (to.kind === 'stage' && !back ? [to.stage] : [])));
}

/** Stages that messages of a stage come from, without back edges; each once. */
export function upstreamOf(graph: GraphWire, stage: number): readonly number[] {
  const ends = topologyOf(graph).incoming[stage] ?? [];
  return unique(ends.flatMap(({ from, back }) => (from.kind === 'stage' && !back ? [from.stage] : [])));
}

function unique(stages: readonly number[]): readonly number[] {
  return [...new Set(stages)];
}

/** As a person calls it. */
export function workerName(graph: GraphWire, worker: number): string {
  const role = graph.workers.find(({ index }) => index === worker)?.role;
  if (role === 'main') return 'main thread';
  return role === 'io' ? `worker ${worker} (I/O)` : `worker ${worker}`;
}
