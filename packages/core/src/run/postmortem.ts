import { ActorLedger, noEdge } from '../executor/ledger.ts';
import type { Held } from '../executor/ledger.ts';
import { localGroups } from '../executor/groups.ts';
import type { SharedRun } from '../drivers/messages.ts';
import type { TroupeError } from '@troupe/mailbox';
import { readerCursor } from '@troupe/mailbox';
import { WorkerDiedError } from '../errors.ts';
import { isOpenIn } from '../modes/gate-state.ts';
import type { GateState } from '../modes/gate-state.ts';
import type { ActorPlan, EdgePlan, Plan } from '../plan/types.ts';
import type { DeadLetters } from './dead-letters.ts';
import { letterAt } from './poison.ts';
import type { WorkerEnd } from './world.ts';

/** An input of an actor. */
export interface Place {
  readonly edge: number;
  readonly position: number;
}

/** An input that was in hand when a worker died, and how often that has happened in a row. */
interface Suspect extends Place {
  deaths: number;
}

/** What an actor had in hand when its worker died. */
export interface Culprit {
  readonly actor: ActorPlan;
  readonly held: Held;
}

/**
 * Finds out, from what a dead worker left in shared memory, which actors and which inputs had to do with its
 * death. An input that was in hand at as many deaths in a row as its stage tries messages becomes a dead
 * letter.
 */
export class Postmortem {
  readonly #plan: Plan;
  readonly #shared: SharedRun;
  readonly #letters: DeadLetters;
  readonly #suspects = new Map<number, Suspect>();
  #skips: Place[] = [];

  constructor(plan: Plan, shared: SharedRun, letters: DeadLetters) {
    this.#plan = plan;
    this.#shared = shared;
    this.#letters = letters;
  }

  /**
   * The actors that had something in hand: the one whose handler ran; else, none having run, all that waited
   * for a promise. `hung`: the one that is known to have caused the death.
   */
  culprits(worker: number, hung: number | undefined): readonly Culprit[] {
    const all = this.#plan.actors
      .filter((actor) => actor.worker === worker)
      .map((actor) => ({ actor, held: new ActorLedger(this.#shared.ledger, actor.index).read() }));
    if (hung !== undefined) return all.filter(({ actor }) => actor.index === hung);
    const running = all.filter(({ held }) => held.isRunning || held.isCreating);
    return running.length > 0 ? running : all.filter(({ held }) => held.isPending);
  }

  /** Of the actors of a live worker: the one whose handler keeps it from coming to rest in a state. */
  hanging(worker: number, gates: GateState): number | undefined {
    const culprits = this.culprits(worker, undefined);
    // A stage that is being created takes the time that it needs.
    if (culprits.some(({ held }) => held.isCreating)) return undefined;
    const running = culprits.find(({ held }) => held.isRunning);
    const closed = culprits.find(({ actor }) => !isOpenIn(actor.activeIn, gates));
    return (running ?? closed ?? culprits[0])?.actor.index;
  }

  /**
   * Counts the death against the input that a culprit had in hand. The index of the actor that has lost it,
   * if it has.
   */
  blame({ actor, held }: Culprit, error: TroupeError): number | undefined {
    const found = held.edge < 0 ? undefined : this.#inputOf(actor, held);
    if (found === undefined) return undefined;
    const { place, receiver } = found;
    const known = this.#suspects.get(receiver.index);
    const isSame = known?.edge === place.edge && known.position === place.position;
    const suspect = isSame ? known : { ...place, deaths: 0 };
    suspect.deaths++;
    this.#suspects.set(receiver.index, suspect);
    if (suspect.deaths < actor.supervision.triesMax) return undefined;
    const letter = letterAt(this.#plan, this.#shared, place, receiver, suspect.deaths);
    if (letter === undefined) return undefined;
    this.#letters.add(letter, error);
    this.#skips.push(place);
    return receiver.index;
  }

  /** Inputs that a successor passes over: those that have become dead letters and have not been released. */
  skips(): readonly Place[] {
    this.#skips = this.#skips.filter((place) => {
      const unreleased = (place.position - this.#cursor(place.edge)) | 0;
      return unreleased >= 0;
    });
    return this.#skips;
  }

  /** What the dead worker had in hand is nobody's any more. */
  close(worker: number): void {
    for (const { worker: host, index } of this.#plan.actors) {
      if (host === worker) new ActorLedger(this.#shared.ledger, index).leave();
    }
  }

  /** The input in shared memory that caused what an actor had in hand, as far as it can be told. */
  #inputOf(actor: ActorPlan, held: Held): { place: Place; receiver: ActorPlan } | undefined {
    if (this.#edge(held.edge).ring !== undefined) {
      return { place: { edge: held.edge, position: (held.position - 1) | 0 }, receiver: actor };
    }
    // A value on a local queue died with its thread. It came from an input of its group that is not released;
    // a group that has died before takes them one by one, so that there is one only.
    const groupOf = localGroups(this.#plan, actor.worker);
    const inHand = this.#plan.actors
      .filter((member) => member.worker === actor.worker && groupOf(member.index) === groupOf(actor.index))
      .flatMap((receiver) => {
        const { edge, position } = new ActorLedger(this.#shared.ledger, receiver.index).read();
        if (edge < 0 || this.#edge(edge).ring === undefined) return [];
        const count = (position - this.#cursor(edge)) | 0;
        return count > 0 ? [{ count, receiver, place: { edge, position: (position - 1) | 0 } }] : [];
      });
    const [only] = inHand;
    return inHand.length === 1 && only?.count === 1 ? only : undefined;
  }

  #cursor(edge: number): number {
    const { ring, reader } = this.#edge(edge);
    const buffer = this.#shared.rings[ring ?? -1];
    return buffer === undefined || reader === undefined ? 0 : readerCursor(buffer, reader);
  }

  #edge(index: number): EdgePlan {
    return this.#plan.edges[index] as EdgePlan;
  }
}

/** Whether an actor died in `onStop` at the end of its stream: everything it had to do is done. */
export function isLastBreath({ held }: Culprit): boolean {
  return held.edge === noEdge.stop;
}

/** What the run's owner says of a thread that has ended. */
export function deathOf(worker: number, end: WorkerEnd, culprits: readonly Culprit[]): WorkerDiedError {
  const code = end.exitCode === undefined ? '' : ` with code ${end.exitCode}`;
  const how = end.error === undefined ? `ended${code}` : 'threw outside a handler';
  return new WorkerDiedError(worker, culprits[0]?.actor.name, how, end.error);
}
