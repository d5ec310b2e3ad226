import {
  allocateDoorbells,
  allocateFrameRing,
  allocateGauges,
  allocateJournal,
  allocateLatch,
  allocateMessageRing,
  attachReader,
  detachReader,
  endRing,
} from '@troupe/mailbox';
import { allocateTurn } from '../clock/turn.ts';
import { allocateEvents } from '../events/event-table.ts';
import { allocateResources } from '../resources/resource-table.ts';
import type { SharedRun } from '../drivers/messages.ts';
import { allocateLedger } from '../executor/ledger.ts';
import { readerPolicy } from '../executor/wire.ts';
import { isRecorder } from '../plan/recorders.ts';
import type { RingPlan } from '../plan/ring-types.ts';
import type { ActorPlan, EdgeEnd, EdgePlan, Plan } from '../plan/types.ts';

/** The worker that has an end of an edge: main for boundaries. */
export function workerOf(plan: Plan, end: EdgeEnd): number {
  return end.kind === 'actor' ? (plan.actors[end.actor]?.worker ?? 0) : 0;
}

/** Allocates everything that the threads of a run share, with all planned readers in their places. */
export function allocateRun(plan: Plan): SharedRun {
  const { actors, edges, workers } = plan;
  return {
    bells: allocateDoorbells(workers.length),
    rings: plan.rings.map((ring) => allocateRing(plan, ring)),
    gauges: allocateGauges({ actors: actors.length, edges: edges.length, workers: workers.length }),
    ledger: allocateLedger(actors.length, edges.length),
    // Every stage that ticks may be given a runner of its own.
    turn:
      plan.clock === 'realtime'
        ? undefined
        : allocateTurn(plan.runners.length + plan.stepOrder.length, workers.length),
    events: allocateEvents({
      initial: plan.events.map(({ initial }) => initial),
      takers: plan.events.reduce((sum, { takers }) => sum + takers.length, 0),
      askers: plan.events.reduce((sum, { askers }) => sum + askers.length, 0),
      isStepped: plan.clock !== 'realtime',
    }),
    resources: allocateResources(actors.length),
    latches: plan.latches.map(allocateLatch),
    journals: workers.map(({ index }) =>
      index === 0 ? undefined : allocateJournal(journalWords(plan, index)),
    ),
  };
}

function allocateRing(plan: Plan, ring: RingPlan): SharedArrayBuffer {
  const { capacity, slots, readersMax } = ring;
  const buffer =
    ring.kind === 'frame'
      ? allocateFrameRing({ dtype: ring.dtype, shape: ring.shape, capacity, slots, readersMax })
      : allocateMessageRing({ capacity, slots, bytesMax: ring.bytesMax, arenaBytes: ring.arenaBytes });
  for (const [place, index] of ring.edges.entries()) {
    const edge = plan.edges[index] as EdgePlan;
    // Until something is recorded nobody is there.
    if (isRecorder(edge.to)) continue;
    const policy = readerPolicy(edge.overflow);
    attachReader(buffer, place, { policy, capacity: edge.capacity, bell: workerOf(plan, edge.to) });
  }
  return buffer;
}

/** One word for each ring that a worker writes or reads, and for each actor that takes or ticks. */
function journalWords(plan: Plan, worker: number): number {
  const written = plan.rings.filter((ring) => ring.writerWorker === worker).length;
  const read = plan.edges.filter(
    (edge) => edge.ring !== undefined && workerOf(plan, edge.to) === worker,
  ).length;
  const taking = plan.actors.filter((actor) => actor.worker === worker && actor.control !== undefined).length;
  const ticking = plan.actors.filter((actor) => actor.worker === worker && actor.tick !== undefined).length;
  return written + read + taking + ticking;
}

/** Detaches the inputs of an actor and ends its outputs, in place of its thread, which is gone. */
export function closeActor(plan: Plan, shared: SharedRun, actor: ActorPlan): void {
  for (const { edge } of actor.inlets) {
    const { ring, reader } = plan.edges[edge] as EdgePlan;
    if (ring !== undefined && reader !== undefined)
      detachReader(shared.rings[ring] as SharedArrayBuffer, reader);
  }
  for (const ring of plan.rings) {
    if (ring.writer.kind === 'actor' && ring.writer.actor === actor.index) {
      endRing(shared.rings[ring.index] as SharedArrayBuffer);
    }
  }
}
