import type { ModesWire } from '@troupe/core/telemetry';
import type { Log } from './log.ts';

/** An arrow of the drawn statechart: everything that leads from one mode to another. */
export interface ModeArrow {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** Events of the machine, each with the rule that guards it. */
  readonly labels: readonly string[];
  /** Nothing gets that way: the labels name the rules that refuse it. */
  readonly isRefused: boolean;
}

/** What the layout needs. Modes are in the machine's order, the initial one first. */
export interface Statechart {
  readonly initial: string;
  readonly modes: readonly string[];
  readonly arrows: readonly ModeArrow[];
}

export function statechartOf({ initial, names, transitions }: ModesWire): Statechart {
  const arrows = new Map<string, { from: string; to: string; labels: string[]; isRefused: boolean }>();
  const leading = transitions.filter(({ isRefused }) => !isRefused);
  const isLeading = (from: string, to: string): boolean =>
    leading.some((each) => each.from === from && each.to === to);
  for (const { from, to, event, rule, isRefused } of transitions) {
    // A way that there is says enough: what is refused beside it is not drawn.
    if (isRefused && isLeading(from, to)) continue;
    const id = `${from} → ${to}`;
    const arrow = arrows.get(id) ?? { from, to, labels: [], isRefused };
    arrows.set(id, arrow);
    const guarded = rule === undefined ? event : `${event} [${rule}]`;
    const label = isRefused ? `refused: ${rule ?? event}` : guarded;
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
  const arrow = chart.arrows.find(({ from, to }) => from === mode && to === target);
  if (arrow?.isRefused === true) return `From ${mode} to ${target} is ${arrow.labels.join(', ')}.`;
  if (arrow !== undefined) return undefined;
  return `No transition leads from ${mode} to ${target}.`;
}
