import type { ResolvedEdge } from './edges.ts';
import type { ResolvedStage } from './stages.ts';
import type { EdgeEnd, EdgePlan, Plan } from './types.ts';

/** Names of boundaries that only a recorder reads begin with it. No name that a graph gives can. */
const prefix = 'recorded ';

/** Whether an edge leads to a recorder. */
export function isRecorder(end: EdgeEnd): boolean {
  return end.kind === 'boundary' && end.name.startsWith(prefix);
}

/**
 * An edge from each output of values to main, where a recorder may read it; until then nobody is held back by
 * it. Frames need none: their rings have places to spare.
 */
export function recorderEdges(stages: readonly ResolvedStage[], first: number): readonly ResolvedEdge[] {
  const edges: ResolvedEdge[] = [];
  for (const { index, name, outputs } of stages) {
    for (const [port, type] of outputs ?? []) {
      if (type?.kind !== 'message') continue;
      edges.push({
        index: first + edges.length,
        from: { kind: 'actor', actor: index, port },
        to: { kind: 'boundary', name: `${prefix}${name}.${port}` },
        port: type,
        capacity: 256,
        overflow: 'block',
        back: false,
      });
    }
  }
  return edges;
}

/** Those that the graph has declared. */
export function shownEdges(plan: Plan): readonly EdgePlan[] {
  return plan.edges.filter(({ to }) => !isRecorder(to));
}
