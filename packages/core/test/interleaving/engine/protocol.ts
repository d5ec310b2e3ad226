/**
 * A protocol to be explored: a world of shared memory, and what each thread does in it. Protocols are written
 * as ordinary functions over the production code; the loader makes coroutines of both.
 */
export interface Protocol<World> {
  /** Fresh shared memory; runs at once. It must do the same every time. */
  readonly setup: () => World;
  /** What each thread does, by its name. They begin together. */
  readonly threads: Readonly<Record<string, (world: World) => void>>;
  /** Threads that may die at any point. */
  readonly mortal?: readonly string[];
  /** How many of them do, at most; 1 unless given. */
  readonly deathsMax?: number;
  /** How many waits end because their time is over, at most; none unless given. */
  readonly timeoutsMax?: number;
  /** Must hold after every step. Throws where it does not. */
  readonly invariant?: (world: World) => void;
  /** Must hold when all threads are over. Throws where it does not. */
  readonly final?: (world: World) => void;
}
