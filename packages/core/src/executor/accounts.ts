import { actorCount, edgeReaderCount, edgeWriterCount } from '@troupe/mailbox';
import type { Actor, Inlet } from './actor.ts';
import type { Host } from './host.ts';

function add(counts: Float64Array, index: number, value: number): void {
  counts[index] = (counts[index] as number) + value;
}

/** Notes a batch of finished calls: counts always, durations and times with stats on. */
export function account(
  actor: Actor,
  inlet: Inlet | undefined,
  done: number,
  tookNs: number,
  host: Host,
): void {
  const { counts } = actor.gauges;
  add(counts, actorCount.handled, done);
  if (inlet !== undefined) {
    accountInlet(inlet, done);
    add(counts, actorCount.snapshotAge, done);
  }
  if (!host.hasStats) return;
  add(counts, actorCount.busyNs, tookNs);
  if (inlet === undefined || done === 0) return;
  add(counts, actorCount.in, done);
  counts[actorCount.lastTimeNs] = actor.envelope.time;
  // Sinks record how old the newest of a batch is when it has been handled.
  if (actor.outlets.length === 0 && host.turn === undefined)
    actor.gauges.sourceToHere.record(host.nowMs * 1e6 - actor.envelope.time, done);
}

/** Notes an input that was released without having been handled. */
export function accountGivenUp(actor: Actor, inlet: Inlet): void {
  accountInlet(inlet, 1);
  add(actor.gauges.counts, actorCount.in, 1);
}

/** Notes inputs that were released because their actor was not to run. */
export function accountPassedOver(inlet: Inlet, count: number): void {
  accountInlet(inlet, 0);
  add(inlet.gauges.reader, edgeReaderCount.skippedInactive, count);
}

function accountInlet(inlet: Inlet, done: number): void {
  const { reader, gauges } = inlet;
  add(gauges.reader, edgeReaderCount.received, done);
  gauges.reader[edgeReaderCount.highWater] = reader.highWater;
}

/** Notes what a reader has passed over since this was done last: what a predecessor has stays counted. */
export function accountSkipped(inlet: Inlet): void {
  const { reader, gauges } = inlet;
  const reason =
    reader.policy === 'latest'
      ? edgeReaderCount.skippedLatest
      : reader.policy === 'dropOldest'
        ? edgeReaderCount.skippedOldest
        : edgeReaderCount.skippedNonBlocking;
  add(gauges.reader, reason, reader.skipped - inlet.skippedTo);
  inlet.skippedTo = reader.skipped;
}

/** Notes what any mailbox of an actor has passed over, before a commit says so to its writer. */
export function accountInflow({ inlets }: Actor): void {
  for (let i = 0; i < inlets.length; i++) {
    const inlet = inlets[i] as Inlet;
    if (inlet.reader.skipped !== inlet.skippedTo) accountSkipped(inlet);
  }
}

/** Notes what an actor has emitted so far on each of its edges. */
export function accountOutflow(actor: Actor): void {
  let emitted = 0;
  let spilled = 0;
  for (let i = 0; i < actor.outflows.length; i++) {
    const outflow = actor.outflows[i];
    if (outflow === undefined) continue;
    emitted += outflow.outlet.emitted;
    spilled += outflow.outlet.spilled;
    for (let j = 0; j < outflow.edges.length; j++) {
      const edge = outflow.edges[j];
      if (edge === undefined) continue;
      const dropped = edge.droppedBefore + (edge.refusing?.dropped ?? 0);
      edge.gauges.writer[edgeWriterCount.sent] = outflow.outlet.emitted - dropped;
      edge.gauges.writer[edgeWriterCount.droppedNewest] = dropped;
    }
  }
  actor.gauges.counts[actorCount.out] = emitted;
  actor.gauges.counts[actorCount.spilled] = spilled;
}

/** The actor had work and no room, and now has room. */
export function accountUnblocked(actor: Actor, nowMs: number): void {
  add(actor.gauges.counts, actorCount.blockedNs, (nowMs - actor.blockedSinceMs) * 1e6);
  actor.blockedSinceMs = -1;
}
