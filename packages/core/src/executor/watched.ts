import { MessageOutlet, MessageTap } from '@troupe/mailbox';
import type { Doorbell } from '@troupe/mailbox';
import type { TapWire } from '../drivers/messages.ts';
import type { Actor } from './actor.ts';

/** Lets somebody watch what an actor of this thread emits as values. `main`: whom it wakes. */
export function watch(actors: readonly Actor[], tap: TapWire, main: Doorbell): void {
  const { id, ring, control, isSampled } = tap;
  // What is left of an actor that is over is nothing to see.
  outletOf(actors, tap)?.watch(new MessageTap(id, { ring, control }, isSampled, [main]));
}

export function unwatch(actors: readonly Actor[], tap: Pick<TapWire, 'id' | 'actor' | 'port'>): void {
  outletOf(actors, tap)?.unwatch(tap.id);
}

function outletOf(
  actors: readonly Actor[],
  { actor, port }: Pick<TapWire, 'actor' | 'port'>,
): MessageOutlet | undefined {
  const outlet = actors
    .find(({ plan }) => plan.index === actor)
    ?.outlets.find((candidate) => candidate.port === port);
  return outlet instanceof MessageOutlet ? outlet : undefined;
}
