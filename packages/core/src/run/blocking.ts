import type { Executor } from '../executor/executor.ts';
import type { Plan, PortName } from '../plan/types.ts';
import type { Crew } from './crew.ts';
import { workerOf } from './memory.ts';
import { edgeBetween } from './targets.ts';

/** Switches the reader behind an edge to a stage; resolves when its thread has. Throws `TargetError`. */
export async function setEdgeBlocking(
  { plan, executor, crew }: { readonly plan: Plan; readonly executor: Executor; readonly crew: Crew },
  { from, to }: { readonly from: PortName; readonly to: PortName },
  isBlocking: boolean,
): Promise<void> {
  const edge = edgeBetween(plan, from, to);
  const worker = workerOf(plan, edge.to);
  if (worker > 0) return crew.setBlocking(worker, edge.index, isBlocking);
  return new Promise((resolve) => executor.setBlocking(edge.index, isBlocking, resolve));
}
