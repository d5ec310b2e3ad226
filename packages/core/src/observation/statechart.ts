import type { AnyStateMachine } from 'xstate';
import { ruleOf } from '../modes/rules.ts';
import type { ModesPlan } from '../plan/types.ts';
import type { ModesWire } from '../telemetry/wire.ts';

/** The modes of a machine, and every transition between them, those that are refused included. */
export function statechartOf(plan: ModesPlan, machine: AnyStateMachine): ModesWire {
  const transitions: ModesWire['transitions'][number][] = [];
  for (const from of plan.names) {
    const node = machine.root.states[from];
    for (const [event, candidates] of node?.transitions ?? []) {
      for (const candidate of candidates) {
        const { target } = candidate;
        const rule = ruleOf(candidate);
        // One without a target names the rule that refuses: it leads to the mode that was asked for.
        const refused = event.startsWith('request.') ? event.slice('request.'.length) : from;
        const to = target?.[0] === undefined ? refused : modeAbove(target[0].path, from);
        const isRefused = target === undefined;
        transitions.push({ from, to, event, rule: isRefused ? (rule ?? 'refused') : rule, isRefused });
      }
    }
  }
  return { initial: plan.initial, names: plan.names, transitions };
}

function modeAbove(path: readonly string[], from: string): string {
  return path[0] ?? from;
}
