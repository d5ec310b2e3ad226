import type { AnyStage } from '../stage.ts';
import { list, show } from './problems.ts';
import type { Problems } from './problems.ts';
import type { StageSettings, WhileInactive } from './types.ts';

/** When a stage runs, and what becomes of what arrives meanwhile. */
export interface Activity {
  /** `undefined`: in every mode. */
  readonly activeIn: readonly string[] | undefined;
  readonly whileInactive: WhileInactive;
  /** An event switches it on and off. */
  readonly isSwitched: boolean;
}

const policies: readonly WhileInactive[] = ['drop', 'hold', 'latest'];

/** Checks what a stage says of modes, by itself. */
export function resolveActivity(
  problems: Problems,
  name: string,
  stage: AnyStage,
  settings: StageSettings,
): Activity {
  const place = { stage: name };
  const activeIn: readonly unknown[] | undefined =
    settings.activeIn ?? (stage as AnyStage | undefined)?.activeIn;
  const isMode = (mode: unknown): mode is string => typeof mode === 'string';
  const active = Array.isArray(activeIn) && activeIn.every(isMode) ? [...activeIn] : [];
  if (activeIn !== undefined && active.length === 0) {
    const remedy = 'Give the names of one mode or more, or leave it out: the stage runs in every mode then.';
    problems.error('BAD_ACTIVE_IN', place, `activeIn is ${show(activeIn)}`, remedy);
  }
  // What a stage is to run on, once for each activation, must not be lost while it waits for one.
  const isToggle = settings.control?.form === 'toggleable';
  const { whileInactive = isToggle ? 'hold' : 'drop' } = settings;
  if (!policies.includes(whileInactive)) {
    const message = `whileInactive is ${show(whileInactive)}`;
    problems.error('BAD_WHILE_INACTIVE', place, message, `Use one of ${list(policies)}.`);
  }
  const isGated = activeIn !== undefined || settings.control !== undefined;
  if (settings.whileInactive !== undefined && !isGated) {
    const message = 'it says what becomes of its mailboxes while it is inactive, but it never is';
    problems.warn('IDLE_WHILE_INACTIVE', place, message, 'Give it `activeIn` or `control`, or remove it.');
  }
  return {
    activeIn: active.length === 0 ? undefined : active,
    whileInactive: isGated ? whileInactive : 'drop',
    isSwitched: settings.control?.form === 'switchable',
  };
}
