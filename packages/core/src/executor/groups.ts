import type { Plan } from '../plan/types.ts';

/** The actors of one worker that local queues join: equal numbers for members of one group. */
export function localGroups(plan: Plan, worker: number): (actor: number) => number {
  const root = new Map<number, number>();
  const find = (index: number): number => {
    let at = index;
    for (let up = root.get(at); up !== undefined; up = root.get(at)) at = up;
    return at;
  };
  for (const { transport, from, to } of plan.edges) {
    if (transport !== 'local' || from.kind !== 'actor' || to.kind !== 'actor') continue;
    if (plan.actors[from.actor]?.worker !== worker) continue;
    const [a, b] = [find(from.actor), find(to.actor)];
    if (a !== b) root.set(a, b);
  }
  return find;
}
