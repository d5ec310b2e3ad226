import type { StageWire } from '@troupe/core/telemetry';
import type { Model } from './model.ts';

/** Why the handlers of a stage that runs are not called. */
export type Off =
  | { readonly by: 'mode'; readonly mode: string }
  /** `switchable`: the event is not set. `toggleable`: no activation of it is left. */
  | { readonly by: 'event'; readonly event: string; readonly form: 'switchable' | 'toggleable' };

/** `undefined` where its mode and its event let it run, or nothing is known yet. */
export function offOf(
  { graph, figures }: Pick<Model, 'graph' | 'figures'>,
  stage: StageWire,
): Off | undefined {
  if (figures === undefined) return undefined;
  if (!isActive(stage, figures.mode)) return { by: 'mode', mode: figures.mode };
  if (stage.control === undefined || graph === undefined) return undefined;
  const { event, form } = stage.control;
  const activations = figures.events[graph.events.indexOf(event)];
  return activations === 0 ? { by: 'event', event, form } : undefined;
}

/** Whether a stage runs in a mode. */
export function isActive({ activeIn }: StageWire, mode: string): boolean {
  return activeIn === undefined || activeIn.includes(mode);
}

/** In no more words than a card has room for. */
export function offNote(off: Off): string {
  if (off.by === 'mode') return `off in ${off.mode}`;
  return off.form === 'switchable' ? `off: '${off.event}' not set` : `waits for '${off.event}'`;
}

/** In words. */
export function offText(off: Off): string {
  if (off.by === 'mode') return `off in mode ${off.mode}`;
  return off.form === 'switchable' ? `off: event '${off.event}' not set` : `waits for event '${off.event}'`;
}
