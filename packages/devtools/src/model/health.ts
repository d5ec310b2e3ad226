import { actorStates } from '@troupe/core/telemetry';
import type { StageWire } from '@troupe/core/telemetry';
import { failsNow, sharesOf } from './activity.ts';
import { stageFigure } from './figures.ts';
import type { Model } from './model.ts';
import { offNote, offOf, offText } from './off.ts';

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

/** In words. */
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

/** In words: of one that is inactive, why; `isShort` for where there is little room. */
export function healthText(model: Model, stage: StageWire, isShort = false): string {
  const health = healthOf(model, stage);
  const off = health === 'inactive' ? offOf(model, stage) : undefined;
  if (off === undefined) return healthTexts[health];
  return isShort ? offNote(off) : offText(off);
}

export function healthOf(model: Model, stage: StageWire): Health {
  const { figures, debug } = model;
  if (figures === undefined) return 'starting';
  const { index } = stage;
  const state = actorStates[stageFigure(figures.now, index, 'state')];
  if (state === 'lost') return 'lost';
  if (state === 'backoff') return 'restarting';
  if (state === 'starting' || state === 'ended' || state === 'stopped') return state;
  if (failsNow(figures, index)) return 'failing';
  if (debug.isAllHeld || debug.held.includes(index)) return 'held';
  const off = offOf(model, stage);
  const takesActivations = off?.by === 'event' && off.form === 'toggleable';
  if (off !== undefined && !takesActivations) return 'inactive';
  const shares = sharesOf(figures, index);
  if (shares.blocked >= halfOfTheTime) return 'blocked';
  if (shares.waiting >= halfOfTheTime) return 'waiting';
  if (shares.busy >= halfOfTheTime) return 'busy';
  // Between two calls it has no activation left, however often it is called.
  return takesActivations ? 'inactive' : 'idle';
}
