import type { ActorReading, Gauges, LatencySummary } from '@troupe/mailbox';
import { isOver } from './actor-states.ts';
import { isRecorder } from '../plan/recorders.ts';
import type { EdgeEnd, EdgePlan, Plan } from '../plan/types.ts';
import { leaseState } from '../resources/resource-table.ts';
import type { ResourceTable } from '../resources/resource-table.ts';
import type { LiveRunParts } from './live-parts.ts';
import type {
  ActorState,
  EdgeStats,
  Quantiles,
  ResourceStats,
  RunStats,
  StageStats,
  WorkerStats,
} from './types.ts';

/** What the gauges do not know. */
export interface StatsContext {
  readonly elapsedMs: number;
  readonly states: readonly ActorState[];
  readonly replaced: readonly number[];
  readonly deadLetters: number;
  readonly resources: ResourceTable;
}

/** The statistics of a run; `isClosed`: its threads have been given back. */
export function statsOf(
  parts: Pick<LiveRunParts, 'plan' | 'gauges' | 'crew' | 'letters' | 'clock' | 'resources' | 'outputs'>,
  isClosed: boolean,
): RunStats {
  const { plan, gauges, crew, letters, clock, resources, outputs } = parts;
  const states = isClosed ? crew.states.map((state) => (isOver(state) ? state : 'stopped')) : crew.states;
  for (const output of outputs.values()) output.look();
  return readStats(plan, gauges, {
    elapsedMs: clock.nowMs(),
    states,
    replaced: crew.replaced,
    deadLetters: letters.count,
    resources,
  });
}

/** Reads the gauges of a run. */
function readStats(plan: Plan, gauges: Gauges, context: StatsContext): RunStats {
  const edges = plan.edges.map((edge) => edgeStats(plan, edge, gauges, context.states));
  const depths = new Map<number, number>();
  for (const [index, edge] of plan.edges.entries()) {
    if (edge.to.kind !== 'actor') continue;
    depths.set(edge.to.actor, (depths.get(edge.to.actor) ?? 0) + (edges[index]?.depth ?? 0));
  }
  return {
    elapsedMs: context.elapsedMs,
    stages: plan.actors.map((actor) => {
      const reading = gauges.readActor(actor.index, context.elapsedMs * 1e6);
      const state = context.states[actor.index] ?? 'starting';
      return stageStats(actor.name, actor.worker, state, depths.get(actor.index) ?? 0, reading);
    }),
    edges: edges.filter((_, index) => !isRecorder((plan.edges[index] as EdgePlan).to)),
    workers: plan.workers.map(({ index }) => workerStats(index, gauges, context.replaced[index] ?? 0)),
    resources: resourceStats(plan, context.resources),
    deadLetters: context.deadLetters,
  };
}

function stageStats(
  name: string,
  worker: number,
  state: ActorState,
  depth: number,
  reading: ActorReading,
): StageStats {
  const { progressDone, progressTotal } = reading;
  return {
    name,
    worker,
    state,
    handled: reading.handled,
    in: reading.in,
    out: reading.out,
    failed: reading.failed,
    redelivered: reading.redelivered,
    resent: reading.resent,
    deadLettered: reading.deadLettered,
    restarts: reading.restarts,
    droppedTicks: reading.droppedTicks,
    overruns: reading.overrunTicks,
    droppedPosts: reading.droppedPosts,
    spilled: reading.spilled,
    depth,
    busyMs: reading.busyNs / 1e6,
    blockedMs: reading.blockedNs / 1e6,
    resourceWaitMs: reading.resourceWaitNs / 1e6,
    idleMs: reading.idleNs / 1e6,
    queueWait: quantiles(reading.queueWait),
    onInput: quantiles(reading.onInput),
    onTick: quantiles(reading.onTick),
    sourceToHere: quantiles(reading.sourceToHere),
    progress:
      progressDone === 0 && progressTotal === 0
        ? undefined
        : { done: progressDone, total: progressTotal === 0 ? undefined : progressTotal },
  };
}

function quantiles({ count, p50Ns, p90Ns, p99Ns, maxNs }: LatencySummary): Quantiles {
  return { count, p50: p50Ns, p90: p90Ns, p99: p99Ns, max: maxNs };
}

function edgeStats(plan: Plan, edge: EdgePlan, gauges: Gauges, states: readonly ActorState[]): EdgeStats {
  const reading = gauges.readEdge(edge.index);
  const { to } = edge;
  // What waits for an actor that is over will never be taken.
  const isLost = to.kind === 'actor' && isOver(states[to.actor]);
  // Both halves count on while they are read: a moment's sum can exceed what the edge holds.
  const depth = isLost ? 0 : Math.min(reading.depth, edge.capacity);
  return {
    from: endName(plan, edge.from),
    to: endName(plan, edge.to),
    transport: edge.transport,
    capacity: edge.capacity,
    depth,
    // The reader notes it when it looks: it may not have looked lately, or found more than its policy keeps.
    highWater: Math.min(Math.max(reading.highWater, depth), edge.capacity),
    sent: reading.sent,
    received: reading.received,
    drops: {
      dropNewest: reading.droppedNewest,
      dropOldest: reading.skippedOldest,
      latest: reading.skippedLatest,
      nonBlocking: reading.skippedNonBlocking,
      inactive: reading.skippedInactive,
      discarded: reading.discarded + (isLost ? reading.depth : 0),
    },
  };
}

function endName(plan: Plan, end: EdgeEnd): string {
  return end.kind === 'boundary' ? `> ${end.name}` : `${plan.actors[end.actor]?.name ?? '?'}.${end.port}`;
}

function resourceStats(plan: Plan, table: ResourceTable): readonly ResourceStats[] {
  return plan.resources.map(({ name, capacity, users }) => {
    const those = (state: number): readonly string[] =>
      users
        .filter(({ actor }) => table.state(actor) === state)
        .map(({ actor }) => plan.actors[actor]?.name ?? '?');
    return { name, capacity, holders: those(leaseState.running), waiting: those(leaseState.waiting) };
  });
}

function workerStats(index: number, gauges: Gauges, replaced: number): WorkerStats {
  const { busyNs, idleNs, sleeps } = gauges.readWorker(index);
  return { index, busyMs: busyNs / 1e6, idleMs: idleNs / 1e6, sleeps, replaced };
}
