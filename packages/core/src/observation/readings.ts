import { actorCount, edgeReaderCount, edgeWriterCount, heldFor, workerCount } from '@troupe/mailbox';
import type { ActorGauges, EdgeGauges, Gauges, WorkerGauges } from '@troupe/mailbox';
import type { SharedRun } from '../drivers/messages.ts';
import { isOver } from '../run/actor-states.ts';
import type { ActorState } from '../run/types.ts';
import { shownEdges } from '../plan/recorders.ts';
import type { EdgePlan, Plan } from '../plan/types.ts';
import { actorStates, edgeColumns, stageColumns, workerColumns } from '../telemetry/tables.ts';
import type { EdgeColumn, StageColumn, WorkerColumn } from '../telemetry/tables.ts';

/** The columns that are counters, and where those stand. */
const stageCounts: readonly (readonly [column: number, count: number])[] = (
  [
    ['handled', 'handled'],
    ['in', 'in'],
    ['out', 'out'],
    ['failed', 'failed'],
    ['redelivered', 'redelivered'],
    ['resent', 'resent'],
    ['deadLettered', 'deadLettered'],
    ['restarts', 'restarts'],
    ['droppedTicks', 'droppedTicks'],
    ['overruns', 'overrunTicks'],
    ['droppedPosts', 'droppedPosts'],
    ['spilled', 'spilled'],
    ['busyNs', 'busyNs'],
    ['blockedNs', 'blockedNs'],
    ['resourceWaitNs', 'resourceWaitNs'],
    ['lastTimeNs', 'lastTimeNs'],
    ['snapshotAge', 'snapshotAge'],
    ['progressDone', 'progressDone'],
    ['progressTotal', 'progressTotal'],
  ] as const
).map(([column, count]) => [stageColumns.indexOf(column), actorCount[count]]);

const at = {
  stage: (column: StageColumn): number => stageColumns.indexOf(column),
  edge: (column: EdgeColumn): number => edgeColumns.indexOf(column),
  worker: (column: WorkerColumn): number => workerColumns.indexOf(column),
};
const stateAt = at.stage('state');
const heldAt = at.stage('heldNs');
const depthAt = at.stage('depth');
const [sentAt, receivedAt, edgeDepthAt, highWaterAt] = (
  ['sent', 'received', 'depth', 'highWater'] as const
).map(at.edge) as [number, number, number, number];
const [capacityAt, newestAt, oldestAt, latestAt] = (
  ['capacity', 'dropNewest', 'dropOldest', 'latest'] as const
).map(at.edge) as [number, number, number, number];
const [nonBlockingAt, inactiveAt, discardedAt, blockingAt] = (
  ['nonBlocking', 'inactive', 'discarded', 'isBlocking'] as const
).map(at.edge) as [number, number, number, number];
const workerCounts = (['busyNs', 'idleNs', 'sleeps', 'wakes', 'steps', 'commits'] as const).map(
  (name) => [at.worker(name), workerCount[name]] as const,
);
const replacedAt = at.worker('replaced');

/** What the gauges do not know. */
export interface ReadingContext {
  readonly states: readonly ActorState[];
  readonly replaced: readonly number[];
  /** How long each stage has been held by a person, nanoseconds. */
  readonly heldNs: (actor: number) => number;
}

/**
 * The gauges of a run as tables of numbers. Views and tables are made once: a reading is some thousand plain
 * loads and stores, ten times a second.
 */
export class Readings {
  readonly stages: Float64Array;
  readonly edges: Float64Array;
  readonly workers: Float64Array;
  readonly #shared: SharedRun;
  readonly #actorGauges: readonly ActorGauges[];
  readonly #edgeGauges: readonly EdgeGauges[];
  readonly #workerGauges: readonly WorkerGauges[];
  readonly #edgePlans: readonly EdgePlan[];
  /** What may wait on each edge, as its mailbox has grown; 0 while it does not hold its writer back. */
  readonly #held: Float64Array;
  #count = 0;

  constructor(plan: Plan, shared: SharedRun, gauges: Gauges) {
    this.#shared = shared;
    this.#edgePlans = shownEdges(plan);
    this.#actorGauges = plan.actors.map(({ index }) => gauges.actor(index));
    this.#edgeGauges = this.#edgePlans.map(({ index }) => gauges.edge(index));
    this.#workerGauges = plan.workers.map(({ index }) => gauges.worker(index));
    this.#held = new Float64Array(this.#edgePlans.length);
    this.stages = new Float64Array(plan.actors.length * stageColumns.length);
    this.edges = new Float64Array(this.#edgePlans.length * edgeColumns.length);
    this.workers = new Float64Array(plan.workers.length * workerColumns.length);
  }

  /** Reads everything anew. */
  read(context: ReadingContext): void {
    // It hardly ever changes, and takes a view of each ring.
    if (this.#count++ % 10 === 0) this.#readHeld();
    this.#readStages(context);
    this.#readEdges(context.states);
    this.#readWorkers(context.replaced);
  }

  #readStages({ states, heldNs }: ReadingContext): void {
    const { stages } = this;
    for (let actor = 0; actor < this.#actorGauges.length; actor++) {
      const { counts } = this.#actorGauges[actor] as ActorGauges;
      const row = actor * stageColumns.length;
      for (const [column, count] of stageCounts) stages[row + column] = counts[count] as number;
      stages[row + stateAt] = actorStates.indexOf(states[actor] ?? 'starting');
      stages[row + heldAt] = heldNs(actor);
      stages[row + depthAt] = 0;
    }
  }

  #readEdges(states: readonly ActorState[]): void {
    const { stages, edges } = this;
    for (let i = 0; i < this.#edgePlans.length; i++) {
      const { reader, writer } = this.#edgeGauges[i] as EdgeGauges;
      const plan = this.#edgePlans[i] as EdgePlan;
      const row = i * edgeColumns.length;
      // The reader's half first: what it has received by now was sent by now.
      const received = reader[edgeReaderCount.received] as number;
      const latest = reader[edgeReaderCount.skippedLatest] as number;
      const oldest = reader[edgeReaderCount.skippedOldest] as number;
      const nonBlocking = reader[edgeReaderCount.skippedNonBlocking] as number;
      const inactive = reader[edgeReaderCount.skippedInactive] as number;
      const discarded = reader[edgeReaderCount.discarded] as number;
      const sent = writer[edgeWriterCount.sent] as number;
      const waiting = Math.max(0, sent - received - latest - oldest - nonBlocking - inactive - discarded);
      const isLost = plan.to.kind === 'actor' && isOver(states[plan.to.actor]);
      const held = this.#held[i] as number;
      const capacity = held === 0 ? plan.capacity : held;
      const depth = isLost ? 0 : Math.min(waiting, capacity);
      edges[row + sentAt] = sent;
      edges[row + receivedAt] = received;
      edges[row + edgeDepthAt] = depth;
      edges[row + highWaterAt] = Math.min(
        Math.max(reader[edgeReaderCount.highWater] as number, depth),
        capacity,
      );
      edges[row + capacityAt] = capacity;
      edges[row + newestAt] = writer[edgeWriterCount.droppedNewest] as number;
      edges[row + oldestAt] = oldest;
      edges[row + latestAt] = latest;
      edges[row + nonBlockingAt] = nonBlocking;
      edges[row + inactiveAt] = inactive;
      edges[row + discardedAt] = discarded + (isLost ? waiting : 0);
      edges[row + blockingAt] = held === 0 ? 0 : 1;
      if (plan.to.kind !== 'actor') continue;
      const stage = plan.to.actor * stageColumns.length + depthAt;
      stages[stage] = (stages[stage] as number) + depth;
    }
  }

  #readHeld(): void {
    for (const [i, { ring, reader, overflow, capacity }] of this.#edgePlans.entries()) {
      const buffer = ring === undefined ? undefined : this.#shared.rings[ring];
      const isLocal = buffer === undefined || reader === undefined;
      this.#held[i] = isLocal ? (overflow === 'block' ? capacity : 0) : heldFor(buffer, reader);
    }
  }

  #readWorkers(replaced: readonly number[]): void {
    const { workers } = this;
    for (let worker = 0; worker < this.#workerGauges.length; worker++) {
      const { counts } = this.#workerGauges[worker] as WorkerGauges;
      const row = worker * workerColumns.length;
      for (const [column, count] of workerCounts) workers[row + column] = counts[count] as number;
      workers[row + replacedAt] = replaced[worker] ?? 0;
    }
  }
}
