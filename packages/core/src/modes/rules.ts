import type { AnyMachineSnapshot, AnyStateMachine, AnyTransitionDefinition } from 'xstate';

// Imported late like this module itself: what does not ask for modes does not load xstate.
const { getNextTransitions, initialTransition, transition } = await import('xstate');

/** What a mode machine is asked. */
export type Ask =
  | { readonly type: 'request'; readonly mode: string }
  | { readonly type: 'end' }
  | { readonly type: 'fail'; readonly error: unknown };

/** Where a machine stands: its state as xstate has it, and the mode that this is. */
export interface Stand {
  readonly mode: string;
  readonly snapshot: AnyMachineSnapshot;
}

/** The machine refuses. */
export interface Refusal {
  readonly rule: string;
  readonly remedy: string | undefined;
}

/** The rules of a mode machine as pure functions. */
export interface ModeRules {
  /** Where the machine begins. */
  start(): Stand;
  /** Where an ask leads, or why it is refused. `end` and `fail` may lead to a state of the same mode. */
  next(stand: Stand, ask: Ask): Stand | Refusal;
}

/** Reads the rules from a machine. */
export function rulesOf(machine: AnyStateMachine): ModeRules {
  const standOf = (snapshot: AnyMachineSnapshot): Stand => ({ mode: modeOf(snapshot.value), snapshot });
  return {
    start: () => standOf(initialTransition(machine)[0] as AnyMachineSnapshot),
    next({ mode, snapshot }, ask) {
      const event = eventOf(ask);
      // A transition that changes nothing gives the same snapshot as none at all.
      const [next] = transition(machine, snapshot, event) as [AnyMachineSnapshot, unknown[]];
      const stand = standOf(next);
      if (ask.type === 'request' ? stand.mode === ask.mode : next !== snapshot) return stand;
      const isElsewhere = stand.mode !== mode && ask.type === 'request';
      return isElsewhere
        ? { rule: 'leads-elsewhere', remedy: `The machine goes to '${stand.mode}' instead: mend it.` }
        : refusalOf(snapshot, event.type);
    },
  };
}

function eventOf(ask: Ask): { readonly type: string } {
  return ask.type === 'request' ? { type: `request.${ask.mode}` } : ask;
}

/** A mode is a state at the top of the machine. */
function modeOf(value: unknown): string {
  return typeof value === 'string' ? value : (Object.keys(value as object)[0] as string);
}

/** The first transition that has a name for the rule gives it. */
function refusalOf(snapshot: AnyMachineSnapshot, event: string): Refusal {
  for (const candidate of getNextTransitions(snapshot)) {
    if (!isMatch(candidate.eventType, event)) continue;
    const rule = ruleOf(candidate);
    if (rule !== undefined) return { rule, remedy: candidate.description };
  }
  return { rule: 'no-transition', remedy: undefined };
}

/** Whether an event descriptor, which may end in a wildcard, stands for an event. */
function isMatch(descriptor: string, event: string): boolean {
  if (descriptor === '*' || descriptor === event) return true;
  return descriptor.endsWith('.*') && event.startsWith(descriptor.slice(0, -1));
}

/** The name of the rule that a transition stands for. */
export function ruleOf({ meta, guard }: Pick<AnyTransitionDefinition, 'meta' | 'guard'>): string | undefined {
  const { rule } = (meta ?? {}) as { readonly rule?: unknown };
  if (typeof rule === 'string') return rule;
  const name: unknown = typeof guard === 'object' ? (guard as { type?: unknown } | null)?.type : guard;
  return typeof name === 'string' ? name : undefined;
}
