import type { StageWire } from '@troupe/core/telemetry';
import { busyMsPerSecond } from './activity.ts';
import { cpuShareOf } from './census.ts';
import type { Model } from './model.ts';

/** What the thread that runs a stage does, and what of that is the stage's. */
export interface ThreadUse {
  /** Stages of this run that it runs beside this one. */
  readonly others: number;
  /** Time in handlers, milliseconds a second: of this stage, and of all that share its thread. */
  readonly ownMs: number;
  readonly allMs: number;
  /** Share of one core over the last seconds; `undefined` until the thread has been counted twice. */
  readonly cpu: number | undefined;
  /** Delay of its event loop; `undefined` where it has none to be delayed. */
  readonly loopDelay: { readonly p50Ms: number; readonly p99Ms: number } | undefined;
}

export function threadUseOf({ graph, figures, watched }: Model, { index, worker }: StageWire): ThreadUse {
  const company = graph?.stages.filter((stage) => stage.worker === worker) ?? [];
  const { census } = watched;
  const thread = census?.threads.find((each) => each.worker === worker);
  const { loopDelayP50Ms: p50Ms, loopDelayP99Ms: p99Ms } = thread ?? {};
  return {
    others: Math.max(0, company.length - 1),
    ownMs: busyMsPerSecond(figures, index),
    allMs: company.reduce((sum, stage) => sum + busyMsPerSecond(figures, stage.index), 0),
    cpu: census === undefined || thread === undefined ? undefined : cpuShareOf(census, thread),
    loopDelay: p50Ms === undefined || p99Ms === undefined ? undefined : { p50Ms, p99Ms },
  };
}

/** Whether two look the same, so that nothing is drawn anew. */
export function isSameUse(one: ThreadUse, other: ThreadUse): boolean {
  return (
    one.others === other.others &&
    one.ownMs === other.ownMs &&
    one.allMs === other.allMs &&
    one.cpu === other.cpu &&
    one.loopDelay?.p50Ms === other.loopDelay?.p50Ms &&
    one.loopDelay?.p99Ms === other.loopDelay?.p99Ms
  );
}
