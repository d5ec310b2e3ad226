import type { Dice } from './dice.ts';

/** How a simulation's scheduler chooses. Times in ms. */
export interface Noise {
  /** Of so many that could go on, which does; `last` did before. */
  choose(count: number): number;
  /** How many passes of its executor a thread makes before others may go on. */
  passes(): number;
  /** How long a pass takes. */
  passMs(): number;
  /** How much time goes by between two looks at the clock: it decides how long batches are. */
  lookMs(): number;
  /** Whether a thread that has found nothing to do goes to sleep now, or looks for more. */
  isSleepy(): boolean;
  /** How long until a thread that is rung is awake, or one whose time has come. */
  wakeMs(): number;
  /** How long a message from a worker is on its way. */
  mailMs(): number;
}

/** Everything that may happen, does. */
export function noisy(dice: Dice): Noise {
  return {
    choose: (count) => dice.below(count),
    passes: () => 1 + (dice.chance(0.5) ? 0 : dice.below(6)),
    // Now and then the machine has something else to do.
    passMs: () => (dice.chance(0.01) ? dice.next() * 5 : 0.001 + dice.next() * 0.01),
    lookMs: () => (dice.chance(0.5) ? 0 : dice.chance(0.5) ? 0.0005 : 0.03),
    isSleepy: () => dice.chance(0.75),
    wakeMs: () => (dice.chance(0.05) ? dice.next() * 3 : dice.next() * 0.05),
    mailMs: () => (dice.chance(0.1) ? dice.next() * 2 : dice.next() * 0.05),
  };
}

/** Everybody in turns, without losing any time. */
export function quiet(): Noise {
  let turn = 0;
  return {
    choose: (count) => turn++ % count,
    passes: () => 4,
    passMs: () => 0,
    lookMs: () => 0,
    isSleepy: () => true,
    wakeMs: () => 0,
    mailMs: () => 0,
  };
}
