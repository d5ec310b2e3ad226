import { shownEdges } from '../plan/recorders.ts';
import type { Plan } from '../plan/types.ts';
import { pathOf } from '../run/trace-path.ts';
import type { TraceRecord } from '../run/types.ts';
import type { HaltWire } from '../telemetry/wire.ts';

/** The way of the message of a logical time through the graph, as far as the records tell. */
export function pathIn(plan: Plan, records: readonly TraceRecord[], timeNs: number): readonly HaltWire[] {
  const edges = new Map(shownEdges(plan).map(({ index }, at) => [index, at]));
  const stages = new Map(plan.actors.map(({ name, index }) => [name, index]));
  return pathOf(records, plan, timeNs).map((hop) => {
    const { stage, worker, work, edge, startNs, endNs, waitedNs } = hop;
    return {
      stage: stages.get(stage) ?? -1,
      worker,
      work,
      edge: edges.get(edge),
      waitedFromMs: waitedNs === undefined ? undefined : (startNs - waitedNs) / 1e6,
      at: startNs / 1e6,
      until: endNs / 1e6,
    };
  });
}
