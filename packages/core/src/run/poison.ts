import { FrameReader, MessageReader, Envelope } from '@troupe/mailbox';
import type { LetterWire, SharedRun } from '../drivers/messages.ts';
import type { ActorPlan, EdgePlan, Plan } from '../plan/types.ts';

/** A copy of an unreleased message in a dead worker's mailbox: the writer cannot have overwritten it. */
export function letterAt(
  plan: Plan,
  shared: SharedRun,
  edge: EdgePlan,
  position: number,
  actor: ActorPlan,
): LetterWire | undefined {
  const buffer = shared.rings[edge.ring ?? -1];
  const ring = plan.rings[edge.ring ?? -1];
  if (buffer === undefined || ring === undefined || edge.reader === undefined) return undefined;
  const options = { place: edge.reader };
  const reader = ring.kind === 'frame' ? new FrameReader(buffer, options) : new MessageReader(buffer, options);
  reader.position = position;
  const envelope = new Envelope();
  if (!reader.take(envelope)) return undefined;
  const { frame, value, seq, time } = envelope;
  const port = actor.inlets.find((inlet) => inlet.edge === edge.index)?.port ?? '';
  const tries = actor.supervision.triesMax;
  return { actor: actor.index, edge: edge.index, port, frame: frame?.slice(), value, seq, time, tries };
}
