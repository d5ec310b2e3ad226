import type { Plan } from '../plan/types.ts';
import type { CallsRecord, PathHop, TraceRecord } from './trace-types.ts';

/**
 * What happened to whatever has a logical time: a message passes its time on, so all that stems from one
 * input, tick or demand has the same. Every batch of calls that may have handled it is a hop, in the order in
 * which they began; a batch of many messages tells that it was one of them.
 */
export function pathOf(
  records: readonly TraceRecord[],
  plan: Pick<Plan, 'actors' | 'edges'>,
  time: number,
): readonly PathHop[] {
  const hops = records
    .filter((record) => record.kind === 'calls')
    .filter(({ work }) => work !== 'start' && work !== 'mode')
    .filter(({ firstTime, lastTime }) => firstTime <= time && time <= lastTime)
    .sort((a, b) => a.startNs - b.startNs || a.endNs - b.endNs);
  const emitters = new Map(hops.map((hop) => [hop, emitterOf(hop, hops, plan)]));
  const began = beginnings(emitters);
  const beganNs = (hop: CallsRecord): number => began.get(hop) ?? hop.startNs;
  hops.sort((a, b) => beganNs(a) - beganNs(b) || a.endNs - b.endNs);
  return hops.map((record) => {
    const { stage, worker, work, edge, calls, isFailed, startNs, endNs } = record;
    const from = emitters.get(record);
    const waitedNs = from === undefined ? undefined : Math.max(0, startNs - from.endNs);
    const blockedNs = from === undefined ? 0 : blockedWithin(records, stage, from.endNs, startNs);
    return { stage, worker, work, edge, calls, isFailed, startNs, endNs, waitedNs, blockedNs };
  });
}

/**
 * When each batch began: a thread dates one from its last look at the clock, which may have been before there
 * was anything to handle, but it did not begin before what it handles had been emitted.
 */
function beginnings(
  emitters: ReadonlyMap<CallsRecord, CallsRecord | undefined>,
): ReadonlyMap<CallsRecord, number> {
  const began = new Map<CallsRecord, number>();
  const beganNs = (hop: CallsRecord): number => {
    const known = began.get(hop);
    if (known !== undefined) return known;
    // A stage may emit to itself.
    began.set(hop, hop.startNs);
    const from = emitters.get(hop);
    const ns = from === undefined ? hop.startNs : Math.max(hop.startNs, beganNs(from));
    began.set(hop, ns);
    return ns;
  };
  for (const hop of emitters.keys()) beganNs(hop);
  return began;
}

/** The batch that emitted what this one took: the last one of the edge's writer that had begun by then. */
function emitterOf(
  { edge, endNs }: CallsRecord,
  hops: readonly CallsRecord[],
  plan: Pick<Plan, 'actors' | 'edges'>,
): CallsRecord | undefined {
  const from = plan.edges[edge]?.from;
  if (from?.kind !== 'actor') return undefined;
  const writer = plan.actors[from.actor]?.name;
  return hops.findLast(({ stage, startNs }) => stage === writer && startNs <= endNs);
}

/** How long a stage had work and no room between two times. */
function blockedWithin(records: readonly TraceRecord[], stage: string, fromNs: number, toNs: number): number {
  return records
    .filter((record) => record.kind === 'blocked' && record.stage === stage)
    .reduce(
      (sum, { startNs, endNs }) => sum + Math.max(0, Math.min(endNs, toNs) - Math.max(startNs, fromNs)),
      0,
    );
}
