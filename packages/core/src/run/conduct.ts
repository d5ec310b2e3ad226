import { isBehind } from '@troupe/mailbox';
import type { Doorbell } from '@troupe/mailbox';
import { rateOf } from '../clock/rate.ts';
import { StepSchedule } from '../clock/schedule.ts';
import type { Turn } from '../clock/turn.ts';
import type { SharedRun } from '../drivers/messages.ts';
import type { WallClock } from '../executor/wall-clock.ts';
import { isOpenIn } from '../modes/gate-state.ts';
import type { Plan } from '../plan/types.ts';
import { isOver } from './actor-states.ts';
import type { BoundaryInput } from './boundary-input.ts';
import { Conductor } from './conductor.ts';
import type { Script } from './conductor.ts';
import type { Crew } from './crew.ts';
import type { LiveEvents } from './events.ts';

/** The conductor of a run, under a clock that has rounds. */
export function conductorOf(parts: {
  readonly plan: Plan;
  readonly shared: SharedRun;
  readonly turn: Turn | undefined;
  readonly bells: readonly Doorbell[];
  readonly inputs: ReadonlyMap<string, BoundaryInput>;
  readonly crew: Crew;
  readonly clock: WallClock;
  readonly events: LiveEvents;
  readonly endNs: number;
  readonly onEnd: () => void;
  readonly script: Script | undefined;
}): Conductor | undefined {
  const { plan, shared, turn, bells, inputs, crew, clock, events, endNs, onEnd, script } = parts;
  if (turn === undefined) return undefined;
  const isOverActor = (actor: number): boolean => isOver(crew.states[actor]);
  const backs = plan.edges.filter(({ back, ring }) => back && ring !== undefined);
  return new Conductor({
    plan,
    turn,
    bells,
    inputs,
    schedule: new StepSchedule(plan.runners.map(({ hz }) => rateOf(hz))),
    isOver: isOverActor,
    hasBack: () =>
      backs.some(({ to, ring, reader }) => {
        if (to.kind !== 'actor' || isOverActor(to.actor)) return false;
        // What a stage holds while it is not active asks for nothing.
        if (!isOpenIn(plan.actors[to.actor]?.activeIn, crew.gates)) return false;
        return isBehind(shared.rings[ring ?? -1] as SharedArrayBuffer, reader ?? 0);
      }),
    endNs,
    onEnd,
    onBoundary: () => events.settle(),
    nowMs: () => clock.nowMs(),
    ...(script === undefined ? {} : { script }),
  });
}
