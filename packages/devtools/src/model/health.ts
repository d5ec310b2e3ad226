import { actorStates } from '@troupe/core/telemetry';
import type { StageWire } from '@troupe/core/telemetry';
import { failsNow, sharesOf } from './activity.ts';
import { stageFigure } from './figures.ts';
import type { Model } from './model.ts';

/** How a stage is, the gravest first. */
export const healths = [
  'lost',
  'failing',
  'restarting',
  'held',
  'starting',
  'stopped',
  'ended',
  'inactive',
  'blocked',
  'waiting',
  'busy',
  'idle',
] as const;
export type Health = (typeof healths)[number];

/** In words, as a stage's badge says it. */
export const healthTexts: Readonly<Record<Health, string>> = {
  lost: 'failed for good',
  failing: 'failing',
  restarting: 'restarting',
  held: 'held by you',
  starting: 'starting',
  stopped: 'stopped',
  ended: 'ended',
  inactive: 'inactive',
  blocked: 'blocked',
  waiting: 'waits for a resource',
  busy: 'busy',
  idle: 'idle',
};

const halfOfTheTime = 0.5;

export function healthOf({ figures, debug }: Model, stage: StageWire): Health {
  if (figures === undefined) return 'starting';
  const { index } = stage;
  const state = actorStates[stageFigure(figures.now, index, 'state')];
  if (state === 'lost') return 'lost';
  if (state === 'backoff') return 'restarting';
  if (state === 'starting' || state === 'ended' || state === 'stopped') return state;
  if (failsNow(figures, index)) return 'failing';
  if (debug.isAllHeld || debug.held.includes(index)) return 'held';
  if (!isActive(stage, figures.mode)) return 'inactive';
  const shares = sharesOf(figures, index);
  if (shares.blocked >= halfOfTheTime) return 'blocked';
  if (shares.waiting >= halfOfTheTime) return 'waiting';
  return shares.busy >= halfOfTheTime ? 'busy' : 'idle';
}

/** Whether a stage runs in a mode. */
export function isActive({ activeIn }: StageWire, mode: string): boolean {
  return activeIn === undefined || activeIn.includes(mode);
}
