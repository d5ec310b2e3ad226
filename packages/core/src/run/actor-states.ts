import type { ActorState } from './types.ts';

/** How long a round waits for an async handler, in ms. */
export const barrierTimeoutMsDefault = 10_000;

/** Whether an actor will never be called again. */
export function isOver(state: ActorState | undefined): boolean {
  return state === 'ended' || state === 'stopped';
}
