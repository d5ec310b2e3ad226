import type { Doorbell } from '@troupe/mailbox';
import { rateOf } from '../clock/rate.ts';
import { StepSchedule } from '../clock/schedule.ts';
import type { Turn } from '../clock/turn.ts';
import type { Plan } from '../plan/types.ts';
import type { BoundaryInput } from './boundary-input.ts';
import { Conductor } from './conductor.ts';
import type { Script } from './conductor-parts.ts';
import type { Crew } from './crew.ts';
import type { LiveEvents } from './events.ts';
import type { RoundHold } from './round-hold.ts';

/** The conductor of a run, under a clock that has rounds. */
export function conductorOf(parts: {
  readonly plan: Plan;
  readonly turn: Turn | undefined;
  readonly bells: readonly Doorbell[];
  readonly inputs: ReadonlyMap<string, BoundaryInput>;
  readonly crew: Crew;
  readonly hold: RoundHold;
  readonly events: LiveEvents;
  readonly endNs: number;
  readonly onEnd: () => void;
  readonly script: Script | undefined;
}): Conductor | undefined {
  const { plan, turn, bells, inputs, crew, hold, events, endNs, onEnd, script } = parts;
  if (turn === undefined) return undefined;
  return new Conductor({
    plan,
    turn,
    bells,
    inputs,
    schedule: new StepSchedule(plan.runners.map(({ hz }) => rateOf(hz))),
    isGone: (worker) => crew.isGone(worker),
    endNs,
    onEnd,
    onBoundary: () => events.settle(),
    hold,
    ...(script === undefined ? {} : { script }),
  });
}
