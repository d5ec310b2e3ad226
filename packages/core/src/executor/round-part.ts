import { roundFlag } from '../clock/turn.ts';
import type { Plan } from '../plan/types.ts';
import type { Actor, Inlet } from './actor.ts';
import { isOpen } from './gates.ts';

/** The most calls of one source in one step. */
const demandsMax = 64;

/** A name that no stage's own handlers have. */
export const hasMore: unique symbol = Symbol('hasMore');

/** Handlers that emit what a recording says, in whichever round it was. */
export interface Player {
  /** Whether there is more to come, also after a drain: the one that was recorded may have been at work. */
  readonly [hasMore]?: () => boolean;
}

/** What an actor has to do next in a round. */
export type Next = 'wait' | 'close' | 'tick' | 'post' | 'letter' | 'demand' | 'input';

/** The round that is open, as one thread has found it. */
export class RoundState {
  number = 0;
  /** The first of its step. */
  isFirst = false;
  /** For what comes from outside. */
  isOutside = false;
  isDraining = false;

  begin(number: number, flags: number): void {
    this.number = number;
    this.isFirst = (flags & roundFlag.first) !== 0;
    this.isOutside = (flags & roundFlag.outside) !== 0;
    this.isDraining = (flags & roundFlag.draining) !== 0;
  }
}

/** What is left for an actor to do in a round. */
export class Part {
  isClosed = false;
  isTickDue = false;
  /** The tick has been given to the actor's handler, which may have to try again. */
  isTickGiven = false;
  /** Posts and letters that are closed at the end of the round, counted since the actor began. */
  postsTo = 0;
  lettersTo = 0;
  demands = 0;
  /** Calls of `onDemand` in one step: as many as its edges have room for when they are empty. */
  readonly demandsMax: number = 0;
  /** It is to be handled next, and so many of its messages. */
  inlet: Inlet | undefined = undefined;
  count = 0;
  /**
   * Outputs that a back-edge leads from, by position, and what they had emitted at the end of the last round.
   */
  readonly #backs: readonly number[];
  readonly #emitted: number[];

  constructor(plan: Plan, actor: Actor) {
    this.demandsMax = demandsOf(plan, actor);
    this.#backs = actor.plan.outlets.flatMap(({ edges }, at) =>
      edges.some((edge) => plan.edges[edge]?.back === true) ? [at] : [],
    );
    this.#emitted = this.#backs.map(() => -1);
  }

  /**
   * Whether anything went out by a back-edge in the round that ends. The reader, on another thread, may have
   * ended it before; so it is the writer who asks for the step that delivers it.
   */
  hasGoneBack({ outlets }: Actor): boolean {
    let hasGone = false;
    for (let i = 0; i < this.#backs.length; i++) {
      const emitted = outlets[this.#backs[i] as number]?.emitted ?? 0;
      if (emitted !== this.#emitted[i]) hasGone = true;
      this.#emitted[i] = emitted;
    }
    return hasGone;
  }
}

export function hasForward({ inlets }: Actor): boolean {
  return inlets.some(({ isBack }) => !isBack);
}

export function isOver({ phase }: Actor): boolean {
  return phase === 'ended' || phase === 'stopped';
}

/** Whether an actor asks for a round for what comes from outside. */
export function wantsOutside(actor: Actor): boolean {
  if (actor.phase !== 'running') return false;
  if (!isOpen(actor) && actor.settled === undefined) return false;
  if (actor.isAway && actor.flushing !== undefined) return true;
  if (actor.posts.length > 0 || actor.resent.length > 0 || actor.settled !== undefined) return true;
  return !actor.hasEndedDemand && !actor.isBusy;
}

/**
 * In the first round of an actor: whether a predecessor had done its part of it, and then died. What it had
 * not released is handled again, so more may come than it had marked.
 */
export function takeOver(actor: Actor, round: number): boolean {
  const { outlets } = actor;
  if (isOver(actor) || outlets.length === 0) return false;
  const isDone = outlets.every((outlet) => outlet.hasMarked(round));
  for (const outlet of outlets) outlet.unmark(round);
  return isDone;
}

/** As many calls as every edge that blocks has room for when it is empty. */
function demandsOf(plan: Plan, actor: Actor): number {
  let most = demandsMax;
  for (const { edges, maxEmit } of actor.plan.outlets) {
    for (const edge of edges) {
      const { capacity, overflow } = plan.edges[edge] ?? { capacity: demandsMax, overflow: 'block' };
      if (overflow === 'block') most = Math.min(most, Math.floor(capacity / maxEmit));
    }
  }
  return Math.max(1, most);
}
