import type { Run } from '../../run/types.ts';

/** Pauses something of a run, or resumes it, or steps it, or lets it break. What was done. */
export function debugged({ debug, plan }: Run, pick: (count: number) => number): string {
  const forget = (doing: Promise<unknown>): void => void doing.catch(() => undefined);
  const { held } = debug.state;
  const { name: stage = '?', tick } = plan.actors[pick(plan.actors.length)] ?? {};
  const deed = pick(7);
  if (held.length > 0 && deed < 2) {
    const stages = deed === 0 ? undefined : [stage];
    forget(debug.resume(stages));
    return `resume ${stages === undefined ? 'all' : stage}`;
  }
  if (held.includes(stage)) {
    const unit = tick !== undefined && deed === 3 ? 'tick' : 'message';
    const isPhase = deed === 4 && debug.state.isAllHeld && plan.clock !== 'realtime';
    forget(debug.step(isPhase ? { unit: 'phase' } : { stage, unit }));
    return isPhase ? 'step a phase' : `step a ${unit} of ${stage}`;
  }
  if (deed === 5) {
    forget(debug.break({ stage, on: 'input', once: true, holds: 'stage' }));
    return `break at ${stage}`;
  }
  const stages = deed < 4 ? [stage] : undefined;
  forget(debug.pause(stages));
  return `pause ${stages === undefined ? 'all' : stage}`;
}
