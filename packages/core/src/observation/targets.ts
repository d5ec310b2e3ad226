import { TargetError } from '../errors.ts';
import { shownEdges } from '../plan/recorders.ts';
import type { Plan } from '../plan/types.ts';

/** Who writes an edge, by its place in the protocol. Throws `TargetError` where no stage does. */
export function writerOf(plan: Plan, edge: number): { readonly stage: number; readonly port: string } {
  const from = shownEdges(plan)[edge]?.from;
  if (from?.kind === 'actor') return { stage: from.actor, port: from.port };
  const what =
    from === undefined ? `there is no edge ${edge}` : `'${from.name}' is pushed by the application`;
  throw new TargetError(what, 'Tap an edge that a stage of the graph writes.');
}
