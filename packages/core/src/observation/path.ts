import { shownEdges } from '../plan/recorders.ts';
import type { Plan } from '../plan/types.ts';
import type { TraceRecord } from '../run/types.ts';
import type { HaltWire } from '../telemetry/wire.ts';

/** The way of the message of a logical time through the graph, as far as the records tell. */
export function pathIn(plan: Plan, records: readonly TraceRecord[], timeNs: number): readonly HaltWire[] {
  void [plan, records, timeNs, shownEdges];
  return [];
}
