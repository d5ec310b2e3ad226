import { availableParallelism } from 'node:os';
import { PlanError } from '../errors.ts';
import { checkConnectivity } from './connectivity.ts';
import { resolveEdges } from './edges.ts';
import type { ResolvedEdge } from './edges.ts';
import { planEvents, resolveEvents } from './events.ts';
import { resolveHalts } from './halts.ts';
import { resolveLatches } from './latches.ts';
import { adjacency, components, depthFirst, distances } from './order.ts';
import type { Walk } from './order.ts';
import { kept } from './lists.ts';
import { checkHolds, resolveModes } from './modes.ts';
import { place } from './place.ts';
import type { Placed } from './place.ts';
import { checkName, isIntegerIn, Problems, show } from './problems.ts';
import { isRecorder, recorderEdges } from './recorders.ts';
import { resolveClock, resolveGrowth } from './growth.ts';
import { planResources, resolveResources } from './resources.ts';
import { resolveRoutes } from './routes.ts';
import type { Routes } from './routes.ts';
import { resolveStages } from './stages.ts';
import type { ResolvedStage } from './stages.ts';
import type { RingPlan } from './ring-types.ts';
import { resolveTicks } from './ticks.ts';
import { resolveTerminators } from './terminators.ts';
import type {
  ActorPlan,
  BoundaryPlan,
  CompileOptions,
  EdgePlan,
  GraphDeclaration,
  Plan,
  ResolvedTick,
  WorkerPlan,
} from './types.ts';

/** Pooled workers for `auto` stages. */
const workersMax = 64;
const workersDefaultMax = 8;

/** Pooled workers in all, groups and dedicated ones included. */
const threadsMax = 256;

/** Names of a cycle that a message lists before it leaves some out. */
const cycleNamesMax = 16;

/**
 * Checks a whole declaration and decides where each stage runs and how messages travel. Pure: neither the
 * declaration nor anything outside is changed, and the same declaration gives the same plan (on the same
 * machine where `workers` is left open). Takes a graph or its declaration, as loaded from elsewhere.
 *
 * Throws `PlanError` with every problem found, each with the stage, the port and a remedy. What is odd, but
 * runs, is in the plan's `warnings`.
 */
export function compile(
  graph: GraphDeclaration | { declaration(): GraphDeclaration },
  options: CompileOptions = {},
): Plan {
  const declaration = 'declaration' in graph ? graph.declaration() : graph;
  const problems = new Problems();
  checkName(problems, 'graph', declaration.name, {});
  const workers = resolveWorkers(problems, options);
  const stages = resolveStages(problems, declaration.stages);
  if (stages.length === 0) {
    problems.error('EMPTY_GRAPH', {}, 'there is no stage', 'Add stages with graph.stage(name, stage).');
  }
  checkThreads(problems, stages, workers);
  const { ticks, runners, stepOrder } = resolveTicks(problems, declaration);
  const { latches, bindings } = resolveLatches(problems, declaration);
  const byName = new Map<string, ResolvedStage>();
  for (const stage of stages) if (!byName.has(stage.name)) byName.set(stage.name, stage);
  const edges = resolveEdges(problems, declaration, byName);
  checkConnectivity(problems, declaration, stages, edges);
  const terminators = resolveTerminators(problems, declaration, byName);
  const events = resolveEvents(problems, declaration, stages);
  const resources = resolveResources(problems, declaration, stages, options.resources);
  const walk = checkCycles(problems, stages, edges);
  const clock = resolveClock(problems, options);
  const growth = resolveGrowth(problems, edges, clock, options);
  const isRecordable = options.recordable ?? clock !== 'realtime';
  const modes = resolveModes(problems, options, stages);
  checkHolds(problems, stages, edges, modes, (stage) => ticks[stage] !== undefined);
  if (problems.errors.length > 0) throw new PlanError(String(declaration.name), problems.errors);

  const placed = place(stages, walk.order, links(edges), workers);
  for (const group of placed.mixedGroups) {
    const message = `group '${group}' has stages with and without io, so its worker waits with an event loop`;
    problems.warn(
      'MIXED_GROUP',
      {},
      message,
      'Put the io stages in a group of their own for the shortest wake-ups.',
    );
  }
  const recorders = isRecordable ? recorderEdges(stages, edges.length) : [];
  const routes = resolveRoutes(stages, [...edges, ...recorders], placed.workerOf, growth);
  const actors = planActors(stages, edges, placed, routes, ticks).map((actor, i) => ({
    ...actor,
    events: kept(events.bound[i]),
    control: events.controls[i],
    resources: kept(resources.demands[i]),
    latches: kept(bindings[i]),
  }));
  return {
    name: declaration.name,
    clock,
    workers: planWorkers(actors, placed),
    actors,
    edges: routes.edges,
    rings: routes.rings,
    inputs: planBoundary(routes, 'from'),
    outputs: planBoundary(routes, 'to'),
    runners,
    stepOrder,
    events: planEvents(events, placed.workerOf),
    resources: planResources(resources, placed.workerOf),
    terminators,
    halts: resolveHalts(stages, events),
    modes: { initial: modes.initial, names: [...modes.names] },
    latches,
    warnings: problems.warnings,
  };
}

function resolveWorkers(problems: Problems, { workers }: CompileOptions): number {
  if (workers === undefined) return Math.min(workersDefaultMax, Math.max(1, availableParallelism() - 1));
  if (isIntegerIn(workers, 1, workersMax)) return workers;
  problems.error(
    'BAD_WORKERS',
    {},
    `workers is ${show(workers)}`,
    `Give an integer from 1 to ${workersMax}.`,
  );
  return 1;
}

function checkThreads(problems: Problems, stages: readonly ResolvedStage[], workers: number): void {
  const groups = new Set<string>();
  let autos = 0;
  let dedicated = 0;
  for (const { placement } of stages) {
    if (placement === 'auto') autos++;
    else if (placement !== 'main' && 'group' in placement) groups.add(placement.group);
    else if (placement !== 'main') dedicated++;
  }
  const threads = Math.min(autos, workers) + groups.size + dedicated;
  if (threads <= threadsMax) return;
  const message = `the graph asks for ${threads} workers (${dedicated} dedicated, ${groups.size} groups)`;
  problems.error(
    'TOO_MANY_WORKERS',
    {},
    message,
    `Place more stages with 'auto' or in groups: ${threadsMax} at most.`,
  );
}

/** Reports cycles that no back-edge breaks, and back-edges that break none. */
function checkCycles(
  problems: Problems,
  stages: readonly ResolvedStage[],
  edges: readonly ResolvedEdge[],
): Walk {
  const name = (actor: number | undefined): string => stages[actor ?? -1]?.name ?? '?';
  const walk = depthFirst(adjacency(stages.length, forwardLinks(edges)));
  for (const cycle of walk.cycles) {
    const [from, to] = [name(cycle[cycle.length - 2]), name(cycle[cycle.length - 1])];
    const names = cycle.map(name);
    if (names.length > cycleNamesMax) {
      names.splice(
        cycleNamesMax / 2,
        names.length - cycleNamesMax,
        `… (${names.length - cycleNamesMax} more) …`,
      );
    }
    const message = `the cycle ${names.join(' → ')} has no back-edge`;
    const remedy = `Mark one of its edges, such as ${from} → ${to}, with { back: true }, or remove one.`;
    problems.error('UNMARKED_CYCLE', { stage: from }, message, remedy);
  }
  if (edges.some((edge) => edge.back)) {
    const component = components(adjacency(stages.length, links(edges)));
    for (const { from, to, back } of edges) {
      if (!back || from.kind !== 'actor' || to.kind !== 'actor') continue;
      if (component[from.actor] === component[to.actor]) continue;
      const message = `its edge to ${name(to.actor)}.${to.port} is a back-edge, but closes no cycle`;
      const remedy = 'Remove `back`: the end of the stream does not wait for what is still on a back-edge.';
      problems.warn('IDLE_BACK_EDGE', { stage: name(from.actor), port: from.port }, message, remedy);
    }
  }
  return walk;
}

function links(edges: readonly ResolvedEdge[]): readonly (readonly [number, number])[] {
  const pairs: [number, number][] = [];
  for (const { from, to } of edges) {
    if (from.kind === 'actor' && to.kind === 'actor') pairs.push([from.actor, to.actor]);
  }
  return pairs;
}

function forwardLinks(edges: readonly ResolvedEdge[]): readonly (readonly [number, number])[] {
  return links(edges.filter((edge) => !edge.back));
}

function planActors(
  stages: readonly ResolvedStage[],
  edges: readonly ResolvedEdge[],
  { workerOf }: Placed,
  { inlets, outlets }: Routes,
  ticks: readonly (ResolvedTick | undefined)[],
): readonly Omit<ActorPlan, 'events' | 'control' | 'resources' | 'latches'>[] {
  const next = adjacency(stages.length, forwardLinks(edges));
  const atOutput = new Set<number>();
  for (const { from, to } of edges)
    if (from.kind === 'actor' && to.kind === 'boundary') atOutput.add(from.actor);
  const sinks = next.flatMap((targets, actor) =>
    targets.length === 0 || atOutput.has(actor) ? [actor] : [],
  );
  const depth = distances(next, sinks);
  return stages.map((stage, index) => ({
    index,
    name: stage.name,
    stage: stage.stage.name,
    module: stage.stage.module,
    worker: workerOf[index] ?? 0,
    io: stage.io,
    options: stage.options,
    tick: ticks[index],
    supervision: stage.supervision,
    snapshotEveryMs: stage.snapshotEveryMs,
    spillMax: stage.spillMax,
    activeIn: stage.activity.activeIn,
    whileInactive: stage.activity.whileInactive,
    tags: stage.tags,
    inlets: kept(inlets[index]),
    outlets: kept(outlets[index]),
    depth: depth[index] ?? 0,
  }));
}

function planWorkers(actors: readonly ActorPlan[], { io }: Placed): readonly WorkerPlan[] {
  const members: number[][] = io.map(() => []);
  for (const actor of actors) members[actor.worker]?.push(actor.index);
  const depth = (actor: number): number => actors[actor]?.depth ?? 0;
  return io.map((isIo, index) => ({
    index,
    io: isIo,
    // The sort is stable: declaration order decides among equals.
    actors: (members[index] ?? []).sort((a, b) => depth(a) - depth(b)),
  }));
}

function planBoundary({ edges, rings }: Routes, side: 'from' | 'to'): readonly BoundaryPlan[] {
  const plans: BoundaryPlan[] = [];
  for (const edge of edges) {
    const end = edge[side];
    if (end.kind === 'boundary' && !isRecorder(end)) plans.push(boundaryPlan(end.name, edge, rings));
  }
  return plans;
}

function boundaryPlan(name: string, edge: EdgePlan, rings: readonly RingPlan[]): BoundaryPlan {
  const ring = edge.ring === undefined ? undefined : rings[edge.ring];
  if (ring === undefined) throw new Error(`boundary '${name}' has no ring`);
  const { dtype, shape } = ring.kind === 'frame' ? ring : { dtype: undefined, shape: undefined };
  return { name, kind: ring.kind, dtype, shape, edge: edge.index, ring: ring.index };
}
