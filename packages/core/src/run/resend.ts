import { isOver } from './actor-states.ts';
import type { LiveRunParts } from './live-parts.ts';

/** Sends a dead letter to its actor again. False when it is not there any more, or nobody could handle it. */
export function resendLetter({ letters, crew, executor, plan, bells }: LiveRunParts, id: number): boolean {
  const filed = letters.find(id);
  // Nobody is left who could handle it.
  if (filed === undefined || isOver(crew.states[filed.wire.actor])) return false;
  letters.take(id);
  const worker = plan.actors[filed.wire.actor]?.worker ?? 0;
  crew.resend(worker, filed);
  if (worker === 0) {
    executor.resend(filed.wire);
    bells[0]?.ring();
  }
  return true;
}
