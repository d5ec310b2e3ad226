import type { ActorPlan, Plan } from '../plan/types.ts';

/** Whether what a stage emits comes from outside: it has an event loop, or nothing else makes it emit. */
export function isOutside(plan: Plan, actor: ActorPlan): boolean {
  return actor.io || (actor.tick === undefined && !isFedForward(plan, actor));
}

/** Whether anything but back-edges leads to a stage. */
export function isFedForward(plan: Plan, { inlets }: ActorPlan): boolean {
  return inlets.some(({ edge }) => plan.edges[edge]?.back === false);
}

/** Whether a replay may leave a stage out: it deals with what is outside, or it is a sink. */
export function mayBeLeftOut(plan: Plan, actor: ActorPlan): boolean {
  return isOutside(plan, actor) || actor.outlets.length === 0;
}
