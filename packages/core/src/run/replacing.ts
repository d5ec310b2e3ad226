import { actorCount } from '@troupe/mailbox';
import type { Gauges } from '@troupe/mailbox';
import type { ActorPlan, Plan } from '../plan/types.ts';
import type { Replacement } from './types.ts';

/** What a successor takes over of the states of these actors. */
export function restoredOf(
  actors: readonly ActorPlan[],
  gauges: Gauges,
  snapshots: ReadonlyMap<number, unknown>,
): Replacement['restored'] {
  return actors.map(({ index, name }) => ({
    stage: name,
    inputsSince: gauges.actor(index).counts[actorCount.snapshotAge] ?? 0,
    fromSnapshot: snapshots.has(index),
  }));
}

/** How long an async handler of an actor may take; 0: as long as it likes. */
export function asyncLimitMs(plan: Plan, actor: number): number {
  return plan.actors[actor]?.supervision.asyncWatchdogMs ?? 0;
}
