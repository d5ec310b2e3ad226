import type { ModesWire } from '@troupe/core/telemetry';
import type { Log } from './log.ts';

/** An arrow of the drawn statechart: everything that leads from one mode to another. */
export interface ModeArrow {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** Events of the machine, each with the rule that guards it. */
  readonly labels: readonly string[];
}

/** What the layout needs. Modes are in the machine's order, the initial one first. */
export interface Statechart {
  readonly initial: string;
  readonly modes: readonly string[];
  readonly arrows: readonly ModeArrow[];
}

export function statechartOf({ initial, names, transitions }: ModesWire): Statechart {
  const arrows = new Map<string, { from: string; to: string; labels: string[] }>();
  for (const { from, to, event, rule } of transitions) {
    const id = `${from} → ${to}`;
    const arrow = arrows.get(id) ?? { from, to, labels: [] };
    arrows.set(id, arrow);
    const label = rule === undefined ? event : `${event} [${rule}]`;
    if (!arrow.labels.includes(label)) arrow.labels.push(label);
  }
  return {
    initial,
    modes: [initial, ...names.filter((name) => name !== initial)],
    arrows: [...arrows].map(([id, arrow]) => ({ id, ...arrow })),
  };
}

/** The change of mode that was made last, if the log still has it. */
export function lastChange(log: Log): { readonly arrow: string; readonly atMs: number } | undefined {
  const last = log.happenings.findLast((it) => it.type === 'mode' && it.outcome === 'entered');
  if (last?.type !== 'mode') return undefined;
  return { arrow: `${last.from} → ${last.to}`, atMs: last.atMs };
}

/** Why a mode cannot be asked for from here; `undefined` where some arrow leads there. */
export function whyNot(chart: Statechart, mode: string, target: string): string | undefined {
  if (mode === target) return `The run is in ${target} now.`;
  if (chart.arrows.some(({ from, to }) => from === mode && to === target)) return undefined;
  return `No transition leads from ${mode} to ${target}.`;
}
