import type { StepRow } from '../plan/types.ts';
import { phases } from './schedule.ts';

/** Ticks that are delivered in one round: those of equal phase and priority. */
export interface TickGroup {
  /** Its place among the phases. */
  readonly phase: number;
  readonly priority: number;
  /** Actor indices in order of registration. */
  readonly actors: readonly number[];
}

/** The order of a step as the rounds that deliver it. */
export function tickGroupsOf(stepOrder: readonly StepRow[]): readonly TickGroup[] {
  const groups = Map.groupBy(stepOrder, ({ phase, priority }) => `${phase} ${priority}`);
  return [...groups.values()].flatMap((rows) => {
    const [first] = rows;
    if (first === undefined) return [];
    return {
      phase: phases.indexOf(first.phase),
      priority: first.priority,
      actors: rows.map(({ actor }) => actor),
    };
  });
}
