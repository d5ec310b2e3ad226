import type { ResolvedEvents } from './events.ts';
import type { EventUse, HaltPlan } from './conditions.ts';

/**
 * Stages that an event can stop for ever, as far as the graph goes: those that it controls, where every stage
 * that may set it is stopped by that same event, or can be stopped for ever itself. The application can set
 * every event.
 */
export function resolveHalts(
  stages: readonly { readonly name: string }[],
  { entries, bound, controls }: ResolvedEvents,
): readonly HaltPlan[] {
  const setters = entries.map((_, event) =>
    bound.flatMap((bindings, stage) =>
      bindings.some((binding) => binding.event === event && maySet(binding.use)) ? [stage] : [],
    ),
  );
  // Stages that wait for each other can stop each other for ever: all are, until something starts one.
  const halted = new Set(controls.keys().filter((stage) => controls[stage] !== undefined));
  for (let before = -1; before !== halted.size;) {
    before = halted.size;
    for (const stage of halted) {
      const event = controls[stage]?.event ?? -1;
      const isStarted = setters[event]?.some(
        (setter) => !halted.has(setter) && controls[setter]?.event !== event,
      );
      if (isStarted === true) halted.delete(stage);
    }
  }
  return [...halted].map((stage) => {
    const { name, initial } = entries[controls[stage]?.event ?? -1] ?? { name: '', initial: false };
    return { stage: stages[stage]?.name ?? '', event: name, isInitial: !initial };
  });
}

function maySet(use: EventUse): boolean {
  return use === 'any' || use === 'set';
}
