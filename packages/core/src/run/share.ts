import type { SharedRun } from '../drivers/messages.ts';
import type { Plan } from '../plan/types.ts';
import { workerOf } from './memory.ts';

/**
 * What one worker must know of a plan and its memory. Indices stay as they are; whatever lies elsewhere is
 * one stand-in that lies elsewhere too: a plan of thousands of stages is not copied whole to every thread.
 */
export function shareOf(plan: Plan, shared: SharedRun, worker: number): { plan: Plan; shared: SharedRun } {
  const nothing = new SharedArrayBuffer(0);
  const isNear = plan.edges.map(
    ({ from, to }) => workerOf(plan, from) === worker || workerOf(plan, to) === worker,
  );
  const isOwnRing = plan.rings.map(
    ({ writerWorker, edges }) => writerWorker === worker || edges.some((edge) => isNear[edge] === true),
  );
  const isOwnLatch = (latch: number): boolean =>
    plan.actors.some(
      (actor) => actor.worker === worker && actor.latches.some((each) => each.latch === latch),
    );
  const actorElsewhere = plan.actors.find((actor) => actor.worker !== worker);
  const edgeElsewhere = plan.edges.find((_, index) => isNear[index] === false);
  const ringElsewhere = plan.rings.find((_, index) => isOwnRing[index] === false);
  return {
    plan: {
      ...plan,
      actors: plan.actors.map((actor) => (actor.worker === worker ? actor : (actorElsewhere ?? actor))),
      edges: plan.edges.map((edge, index) => (isNear[index] === true ? edge : (edgeElsewhere ?? edge))),
      rings: plan.rings.map((ring, index) => (isOwnRing[index] === true ? ring : (ringElsewhere ?? ring))),
      stepOrder: plan.stepOrder.filter(({ actor }) => plan.actors[actor]?.worker === worker),
      inputs: [],
      outputs: [],
      warnings: [],
    },
    shared: {
      ...shared,
      rings: shared.rings.map((buffer, index) => (isOwnRing[index] === true ? buffer : nothing)),
      latches: shared.latches.map((buffer, index) => (isOwnLatch(index) ? buffer : nothing)),
      journals: shared.journals.map((journal, index) => (index === worker ? journal : undefined)),
    },
  };
}
