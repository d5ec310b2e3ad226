import type { EdgePlan, PortName } from '../plan/types.ts';
import type { LiveRunParts } from './live-parts.ts';
import { workerOf } from './memory.ts';
import { boundaryOf, blockingEdges } from './targets.ts';

/** The readers behind the edges that block between two ports of stages, or a boundary output. */
export type BlockingTarget = { readonly from: PortName; readonly to: PortName } | { readonly output: string };

/**
 * Switches readers between blocking and non-blocking, between two steps where there are steps. Throws
 * `TargetError` where there is none.
 */
export async function setBlocking(
  { plan, executor, crew, outputs, conductor }: LiveRunParts,
  target: BlockingTarget,
  isBlocking: boolean,
): Promise<void> {
  if ('output' in target) {
    boundaryOf(outputs, target.output, 'output').setBlocking(isBlocking);
    return;
  }
  const edges = blockingEdges(plan, target.from, target.to);
  const change = async (): Promise<void> => {
    await Promise.all(edges.map((edge) => switchEdge(edge)));
  };
  const switchEdge = ({ index, to }: EdgePlan): Promise<void> => {
    const worker = workerOf(plan, to);
    return worker > 0
      ? crew.ask(worker, (request) => ({ type: 'setBlocking', edge: index, isBlocking, request }))
      : new Promise((resolve) => executor.setBlocking(index, isBlocking, resolve));
  };
  await (conductor === undefined ? change() : conductor.atBoundary(change));
}
