import { checkName, isIntegerIn, show } from './problems.ts';
import type { Problems } from './problems.ts';
import { none } from './lists.ts';
import { capacityMax } from './sizes.ts';
import type { Placement, StageSettings, Supervision } from './types.ts';

const strategies: readonly Supervision['strategy'][] = ['restart', 'resume', 'stop', 'escalate'];
const spillMaxDefault = 1024;

const supervisionDefaults: Supervision = Object.freeze({
  strategy: 'restart',
  triesMax: 3,
  restartsMax: 5,
  withinMs: 10_000,
  backoffMs: 10,
  backoffMaxMs: 1000,
  watchdogMs: 5000,
  asyncWatchdogMs: 30_000,
});

/** The longest wait that a timer can make, in milliseconds. */
export const timerMsMax: number = 2 ** 31 - 1;

/** A stage's settings with every default filled in. */
export interface ResolvedSettings {
  readonly supervision: Supervision;
  readonly snapshotEveryMs: number | undefined;
  readonly spillMax: number;
  readonly placement: Placement;
  readonly tags: readonly string[];
}

/** Checks what `graph.stage` said beside options, and fills in the defaults. */
export function resolveSettings(
  problems: Problems,
  stage: string,
  settings: StageSettings,
): ResolvedSettings {
  const { snapshotEveryMs, spillMax = spillMaxDefault } = settings;
  if (snapshotEveryMs !== undefined && !isMs(snapshotEveryMs, 1)) {
    const message = `snapshotEveryMs is ${show(snapshotEveryMs)}`;
    problems.error('BAD_SNAPSHOT_INTERVAL', { stage }, message, `Give milliseconds from 1 to ${timerMsMax}.`);
  }
  if (!isIntegerIn(spillMax, 0, capacityMax)) {
    const message = `spillMax is ${show(spillMax)}`;
    problems.error('BAD_SPILL_MAX', { stage }, message, `Give an integer from 0 to ${capacityMax}.`);
  }
  return {
    supervision: resolveSupervision(problems, stage, settings.supervision),
    snapshotEveryMs,
    spillMax,
    tags: resolveTags(problems, stage, settings.tags),
    placement: resolvePlacement(problems, stage, settings.worker),
  };
}

function resolveTags(problems: Problems, stage: string, given: unknown): readonly string[] {
  if (given === undefined) return none;
  const isTag = (tag: unknown): tag is string => typeof tag === 'string' && tag !== '';
  if (Array.isArray(given) && given.every(isTag)) return [...new Set<string>(given)];
  problems.error('BAD_TAGS', { stage }, `tags is ${show(given)}`, 'Give a list of words.');
  return [];
}

function resolveSupervision(
  problems: Problems,
  stage: string,
  given: Partial<Supervision> | undefined,
): Supervision {
  // Nearly all stages share this one object: a plan of thousands is kept, and copied to threads, whole.
  if (given === undefined) return supervisionDefaults;
  const all: Supervision = {
    strategy: given.strategy ?? supervisionDefaults.strategy,
    triesMax: given.triesMax ?? supervisionDefaults.triesMax,
    restartsMax: given.restartsMax ?? supervisionDefaults.restartsMax,
    withinMs: given.withinMs ?? supervisionDefaults.withinMs,
    backoffMs: given.backoffMs ?? supervisionDefaults.backoffMs,
    // A longer first wait raises the default bound with it.
    backoffMaxMs: given.backoffMaxMs ?? Math.max(supervisionDefaults.backoffMaxMs, given.backoffMs ?? 0),
    watchdogMs: given.watchdogMs ?? supervisionDefaults.watchdogMs,
    asyncWatchdogMs: given.asyncWatchdogMs ?? supervisionDefaults.asyncWatchdogMs,
  };
  const expect = (isGood: boolean, key: keyof Supervision, remedy: string): void => {
    if (!isGood) {
      problems.error('BAD_SUPERVISION', { stage }, `supervision.${key} is ${show(all[key])}`, remedy);
    }
  };
  expect(strategies.includes(all.strategy), 'strategy', `Use one of ${strategies.join(', ')}.`);
  expect(isIntegerIn(all.triesMax, 1, capacityMax), 'triesMax', `Give an integer from 1 to ${capacityMax}.`);
  expect(
    isIntegerIn(all.restartsMax, 0, capacityMax),
    'restartsMax',
    `Give an integer from 0 to ${capacityMax}.`,
  );
  expect(isMs(all.withinMs, 1), 'withinMs', `Give milliseconds from 1 to ${timerMsMax}.`);
  for (const key of ['backoffMs', 'watchdogMs', 'asyncWatchdogMs'] as const) {
    expect(isMs(all[key], 0), key, `Give milliseconds from 0 to ${timerMsMax}.`);
  }
  const isBoundGood = isMs(all.backoffMaxMs, 0) && !(all.backoffMaxMs < all.backoffMs);
  expect(isBoundGood, 'backoffMaxMs', `Give milliseconds from backoffMs to ${timerMsMax}.`);
  return all;
}

function resolvePlacement(problems: Problems, stage: string, worker: Placement = 'auto'): Placement {
  if (worker === 'auto' || worker === 'main') return worker;
  const keys = typeof worker === 'object' && worker !== null ? Object.keys(worker) : [];
  if (keys.length === 1 && 'dedicated' in worker && worker.dedicated) return worker;
  if (keys.length === 1 && 'group' in worker) {
    checkName(problems, 'worker group', worker.group, { stage });
    return worker;
  }
  problems.error(
    'BAD_PLACEMENT',
    { stage },
    `worker is ${show(worker)}`,
    `Use 'auto', 'main', { group: '<name>' } or { dedicated: true }.`,
  );
  return 'auto';
}

/** Whether a value is a time in milliseconds that a timer can wait. */
export function isMs(value: unknown, min: number): boolean {
  return typeof value === 'number' && value >= min && value <= timerMsMax;
}
