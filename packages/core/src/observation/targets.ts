import { TargetError } from '../errors.ts';
import { shownEdges } from '../plan/recorders.ts';
import type { EdgeEnd, Plan } from '../plan/types.ts';
import type { TapTarget } from '../run/types.ts';

/** Who writes an edge, by its place in the protocol. Throws `TargetError` where there is none. */
export function writerOf(plan: Plan, edge: number): EdgeEnd {
  const { from } = shownEdges(plan)[edge] ?? {};
  if (from !== undefined) return from;
  throw new TargetError(`there is no edge ${edge}`, 'Tap an edge of the graph.');
}

/** What is tapped to see what somebody writes. */
export function targetOf(plan: Plan, writer: EdgeEnd): TapTarget {
  if (writer.kind === 'boundary') return { input: writer.name };
  return { stage: plan.actors[writer.actor]?.name ?? '', port: writer.port };
}

/** Where a message of a writer stands in the protocol: pushed by the application, it is no stage's. */
export function placeOf(writer: EdgeEnd): { readonly stage: number; readonly port: string } {
  if (writer.kind === 'boundary') return { stage: -1, port: writer.name };
  return { stage: writer.actor, port: writer.port };
}
