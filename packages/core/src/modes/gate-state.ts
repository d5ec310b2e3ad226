/**
 * What the gates of a run's stages go by; the owner of the run tells it to every thread. docs/modes.md, "A
 * change, step by step".
 */
export interface GateState {
  /** Counts what has been told: of two states the one with the higher number holds. */
  readonly step: number;
  /** Counts the modes that have been entered. */
  readonly epoch: number;
  readonly mode: string;
  /** The mode that this one follows, or that follows it, while a change is under way. */
  readonly other: string | undefined;
}

/** What holds before the first change. */
export function initialGates(mode: string): GateState {
  return { step: 0, epoch: 0, mode, other: undefined };
}

/** Whether a stage runs in a mode. */
export function isActiveIn(activeIn: readonly string[] | undefined, mode: string): boolean {
  return activeIn === undefined || activeIn.includes(mode);
}

/** Whether the gate of a stage is open. */
export function isOpenIn(activeIn: readonly string[] | undefined, { mode, other }: GateState): boolean {
  return isActiveIn(activeIn, mode) && (other === undefined || isActiveIn(activeIn, other));
}
