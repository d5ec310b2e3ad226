import { MailboxOverflowError } from '../errors.ts';
import { errorToWire } from '../drivers/error-wire.ts';
import type { Actor, Inlet } from './actor.ts';
import type { Host } from './host.ts';
import type { Merge } from './merge.ts';

/** A mailbox whose writer waits for room that cannot be made. */
export interface Stuck {
  readonly actor: Actor;
  readonly inlet: Inlet;
}

/**
 * Where nothing can go on because an actor waits for one port while another one is full, whose writer may be
 * what it waits for, the full one grows. docs/determinism.md, "Growth".
 */
export class Growth {
  readonly #merge: Merge;
  readonly #host: Host;
  /** A mailbox that was found full and can grow no more. */
  stuck: Stuck | undefined;

  constructor(merge: Merge, host: Host) {
    this.#merge = merge;
    this.#host = host;
  }

  /**
   * Lets the full mailboxes of an actor grow: all if it waits, those behind back-edges in any case, as they
   * are not read before the next step. One that has done its part of the round (`isClosed`) reads nothing
   * more in it, but does not know whether anybody waits for that. Whether any has grown; one that cannot, and
   * whose writer waits for it, is `stuck` from then on.
   */
  grow(actor: Actor, isWaiting: boolean, isClosed: boolean, round: number): boolean {
    let hasGrown = false;
    const held = isWaiting && actor.group !== undefined ? actor.group.inlets : [];
    for (const inlet of [...actor.inlets, ...held]) {
      if (!isWaiting && !inlet.isBack) continue;
      if (this.#merge.isLossy(inlet) || !inlet.reader.isFull(inlet.maxEmit)) continue;
      if (isClosed && !inlet.reader.isWanted()) continue;
      if (inlet.reader.grow()) hasGrown = true;
      // A writer that has emitted all it had to, to the last place, needs no more.
      else if (inlet.reader.isWanted() && !inlet.reader.isMarked(round))
        this.stuck ??= { actor: ownerOf(inlet, actor), inlet };
    }
    return hasGrown;
  }

  /** Ends the run. */
  overflow({ actor, inlet }: Stuck): void {
    const host = this.#host;
    if (host.isStopping) return;
    const error = new MailboxOverflowError(actor.plan.name, inlet.port, inlet.reader.capacity);
    host.upcall({ type: 'fatal', error: errorToWire(error) });
  }
}

/** Whose mailbox it is, of those that share a group with an actor. */
function ownerOf(inlet: Inlet, actor: Actor): Actor {
  return actor.group?.actors.find(({ inlets }) => inlets.includes(inlet)) ?? actor;
}
