import type { ActorState } from './types.ts';

/** Whether an actor will never be called again. */
export function isOver(state: ActorState | undefined): boolean {
  return state === 'ended' || state === 'stopped';
}
