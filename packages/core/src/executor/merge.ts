import type { Plan } from '../plan/types.ts';
import type { Actor, Inlet } from './actor.ts';
import type { Next, Part, RoundState } from './round-part.ts';

/** Messages that are looked at for one batch. */
const runMax = 64;

/** The order in which an actor handles what its inlets bring in a round. docs/determinism.md, "Merge". */
export class Merge {
  readonly #round: RoundState;
  readonly #isLossy: readonly boolean[];

  constructor(plan: Plan, round: RoundState) {
    this.#round = round;
    this.#isLossy = plan.edges.map(({ overflow }) => overflow !== 'block');
  }

  /** Whether an edge may lose messages: which ones is decided at the end of the round. */
  isLossy({ edge }: Inlet): boolean {
    return this.#isLossy[edge] === true;
  }

  /**
   * The earliest message by (time, inlet, seq), once it is certain that none before it can come: every inlet
   * either has a message or is marked. It is left in the part, with how many of its inlet follow at once.
   */
  next(actor: Actor, part: Part): Next {
    const { inlets } = actor;
    let best = -1;
    let bestNs = 0;
    // The earliest of the others: how far the best may be read in one batch.
    let other = -1;
    let otherNs = 0;
    let count = 0;
    for (let i = 0; i < inlets.length; i++) {
      const inlet = inlets[i] as Inlet;
      const waiting = this.#waiting(inlet);
      if (waiting < 0) return 'wait';
      if (waiting === 0) continue;
      const timeNs = inlet.reader.timeAt(0);
      if (best < 0 || timeNs < bestNs) {
        other = best;
        otherNs = bestNs;
        best = i;
        bestNs = timeNs;
        count = waiting;
      } else if (other < 0 || timeNs < otherNs) {
        other = i;
        otherNs = timeNs;
      }
    }
    if (best < 0) return 'close';
    const { reader } = (part.inlet = inlets[best] as Inlet);
    const most = Math.min(count, runMax);
    part.count = other < 0 ? most : 1;
    while (part.count < most && other >= 0) {
      const timeNs = reader.timeAt(part.count);
      if (timeNs > otherNs || (timeNs === otherNs && other < best)) break;
      part.count++;
    }
    return 'input';
  }

  /** Messages of an inlet that can be handled in this round; -1 while that cannot be known. */
  #waiting(inlet: Inlet): number {
    const { isBack, reader } = inlet;
    const { number: round, isFirst } = this.#round;
    if (isBack) return isFirst ? Math.max(0, reader.availableBefore(round)) : 0;
    // What is dropped is decided at the mark, when everything that competes is there.
    if (this.isLossy(inlet) || !reader.isBlocking) return reader.isMarked(round) ? reader.available() : -1;
    const waiting = reader.available();
    if (waiting > 0) return waiting;
    return reader.isMarked(round) ? reader.available() : -1;
  }
}
