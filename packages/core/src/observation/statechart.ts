import type { AnyStateMachine } from 'xstate';
import type { ModesPlan } from '../plan/types.ts';
import type { ModesWire } from '../telemetry/wire.ts';

/** The modes of a machine, and every transition between them, those that are refused included. */
export function statechartOf(plan: ModesPlan, machine: AnyStateMachine): ModesWire {
  const transitions: ModesWire['transitions'][number][] = [];
  for (const from of plan.names) {
    const node = machine.root.states[from];
    for (const [event, candidates] of node?.transitions ?? []) {
      for (const { target, meta, guard } of candidates) {
        const rule = ruleOf(meta, guard);
        // One without a target is there for the name of its rule: what it refuses leads to the mode asked for.
        const refused = event.startsWith('request.') ? event.slice('request.'.length) : from;
        const to = target?.[0] === undefined ? refused : modeAbove(target[0].path, from);
        transitions.push({ from, to, event, rule: target === undefined ? (rule ?? 'refused') : rule });
      }
    }
  }
  return { initial: plan.initial, names: plan.names, transitions };
}

function modeAbove(path: readonly string[], from: string): string {
  return path[0] ?? from;
}

function ruleOf(meta: unknown, guard: unknown): string | undefined {
  const { rule } = (meta ?? {}) as { readonly rule?: unknown };
  if (typeof rule === 'string') return rule;
  const name: unknown = typeof guard === 'object' ? (guard as { type?: unknown } | null)?.type : guard;
  return typeof name === 'string' ? name : undefined;
}
