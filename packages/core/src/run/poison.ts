import { Envelope, FrameReader, MessageReader } from '@troupe/mailbox';
import type { LetterWire, SharedRun } from '../drivers/messages.ts';
import type { ActorPlan, EdgePlan, Plan } from '../plan/types.ts';

/**
 * A copy of an unreleased message in a dead worker's mailbox: the writer cannot have overwritten it, unless
 * the reader does not block; then there may be none any more.
 */
export function letterAt(
  plan: Plan,
  shared: SharedRun,
  place: { readonly edge: number; readonly position: number },
  actor: ActorPlan,
  tries: number,
): LetterWire | undefined {
  const edge = plan.edges[place.edge] as EdgePlan;
  const buffer = shared.rings[edge.ring ?? -1];
  const ring = plan.rings[edge.ring ?? -1];
  if (buffer === undefined || ring === undefined || edge.reader === undefined) return undefined;
  const options = { place: edge.reader };
  const reader =
    ring.kind === 'frame' ? new FrameReader(buffer, options) : new MessageReader(buffer, options);
  reader.position = place.position;
  const envelope = new Envelope();
  if (!reader.take(envelope) || reader.position !== ((place.position + 1) | 0)) return undefined;
  const { frame, value, seq, time } = envelope;
  const port = actor.inlets.find((inlet) => inlet.edge === edge.index)?.port ?? '';
  return {
    id: -1,
    actor: actor.index,
    edge: edge.index,
    port,
    frame: frame?.slice(),
    value,
    seq,
    time,
    tries,
  };
}
