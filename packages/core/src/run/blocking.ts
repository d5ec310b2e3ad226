import type { PortName } from '../plan/types.ts';
import type { LiveRunParts } from './live-parts.ts';
import { workerOf } from './memory.ts';
import { boundaryOf, edgeBetween } from './targets.ts';

/** The reader behind an edge to a stage, or a boundary output. */
export type BlockingTarget = { readonly from: PortName; readonly to: PortName } | { readonly output: string };

/**
 * Switches a reader between blocking and non-blocking, between two steps where there are steps. Throws
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
  const edge = edgeBetween(plan, target.from, target.to);
  const worker = workerOf(plan, edge.to);
  const change = (): Promise<void> =>
    worker > 0
      ? crew.ask(worker, (request) => ({ type: 'setBlocking', edge: edge.index, isBlocking, request }))
      : new Promise((resolve) => executor.setBlocking(edge.index, isBlocking, resolve));
  await (conductor === undefined ? change() : conductor.atBoundary(change));
}
