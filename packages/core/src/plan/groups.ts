import { stepOrderOf } from '../clock/schedule.ts';
import type { ActorPlan, TickGroup } from './types.ts';

/** Ticks in the order of a step, joined where phase and priority are equal. */
export function tickGroupsOf(actors: readonly ActorPlan[]): readonly TickGroup[] {
  const rows = stepOrderOf(
    actors.flatMap(({ index, tick }) => (tick === undefined ? [] : [{ actor: index, ...tick }])),
  );
  const groups = Map.groupBy(rows, ({ phase, priority }) => `${phase} ${priority}`);
  return [...groups.values()].flatMap((members) => {
    const [first] = members;
    if (first === undefined) return [];
    return {
      phase: first.phase,
      priority: first.priority,
      ticks: members.map(({ actor }) => actor),
      runners: [...new Set(members.map(({ runner }) => runner))],
    };
  });
}
