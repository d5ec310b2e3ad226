import type { ActorState, Drops, Plan, Progress, Quantiles, RunStats, StageStats } from '@troupe/core';

/** What the terminal shows of one stage, over the interval between two readings. */
export interface StageFigures {
  readonly name: string;
  /** 0 is the main thread. */
  readonly worker: number;
  readonly state: ActorState;
  /** Inputs handled and messages emitted since the start. */
  readonly in: number;
  readonly out: number;
  /** Inputs handled per second; of a source, messages emitted per second. */
  readonly perSecond: number;
  readonly depth: number;
  /** Queue wait since the start, in nanoseconds; `undefined` while nothing has waited. */
  readonly wait: Latency | undefined;
  /** Handler time (`onInput`, or `onTick` of a stage without inputs) since the start, in nanoseconds. */
  readonly handler: Latency | undefined;
  /** Shares of the interval, 0 to 1. */
  readonly busy: number;
  readonly blocked: number;
  readonly idle: number;
  /** On all edges into the stage, since the start, with the ticks and posts that it dropped. */
  readonly drops: number;
  readonly restarts: number;
  readonly progress: Progress | undefined;
}

/** Two quantiles, in nanoseconds. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
}

/** What the terminal shows of one boundary output. */
export interface OutputFigures {
  readonly name: string;
  /** Samples taken since the start. */
  readonly taken: number;
  readonly perSecond: number;
  readonly depth: number;
  readonly drops: number;
}

/** What the terminal shows of a run. */
export interface RunFigures {
  readonly elapsedMs: number;
  readonly stages: readonly StageFigures[];
  readonly outputs: readonly OutputFigures[];
  /** Of all edges and stages. */
  readonly drops: number;
  readonly restarts: number;
  readonly deadLetters: number;
}

/**
 * Reads the figures of a run again and again; rates and shares are of the time since the reading `spanMs`
 * ago, or the last one.
 */
export class RunMeter {
  readonly #plan: Plan;
  readonly #spanMs: number;
  readonly #readings: RunStats[];

  /** `spanMs` 0: since the last reading. A longer span keeps figures calm that are shown often. */
  constructor(plan: Plan, start: RunStats, spanMs: number) {
    this.#plan = plan;
    this.#spanMs = spanMs;
    this.#readings = [start];
  }

  read(stats: RunStats): RunFigures {
    const readings = this.#readings;
    while (readings[1] !== undefined && stats.elapsedMs - readings[1].elapsedMs >= this.#spanMs)
      readings.shift();
    const figures = runFigures(this.#plan, stats, readings[0]);
    readings.push(stats);
    return figures;
  }
}

/** The figures of the interval between two readings of a run; since its start when there was none before. */
export function runFigures(plan: Plan, stats: RunStats, before?: RunStats): RunFigures {
  const spanMs = Math.max(stats.elapsedMs - (before?.elapsedMs ?? 0), Number.EPSILON);
  const edgeDrops = stats.edges.map(({ drops }) => dropCount(drops));
  const stages = stats.stages.map((stage, index) => {
    const isInto = (edge: number): boolean => {
      const to = plan.edges[edge]?.to;
      return to?.kind === 'actor' && to.actor === index;
    };
    const lost = edgeDrops.reduce((sum, drops, edge) => (isInto(edge) ? sum + drops : sum), 0);
    const isSource = plan.actors[index]?.inlets.length === 0;
    return stageFigures(stage, before?.stages[index], spanMs, isSource, lost);
  });
  const outputs = plan.outputs.map(({ name, edge }) => {
    const now = stats.edges[edge];
    const taken = now?.received ?? 0;
    const perSecond = (1000 * (taken - (before?.edges[edge]?.received ?? 0))) / spanMs;
    return { name, taken, perSecond, depth: now?.depth ?? 0, drops: edgeDrops[edge] ?? 0 };
  });
  const drops = edgeDrops.reduce((sum, count) => sum + count, 0);
  const unhandled = stats.stages.reduce((sum, stage) => sum + stage.droppedTicks + stage.droppedPosts, 0);
  return {
    elapsedMs: stats.elapsedMs,
    stages,
    outputs,
    drops: drops + unhandled,
    restarts: stats.stages.reduce((sum, stage) => sum + stage.restarts, 0),
    deadLetters: stats.deadLetters,
  };
}

function stageFigures(
  now: StageStats,
  before: StageStats | undefined,
  spanMs: number,
  isSource: boolean,
  edgeDrops: number,
): StageFigures {
  const flow = (stage: StageStats): number => (isSource ? stage.out : stage.in);
  const share = (read: (stage: StageStats) => number): number =>
    Math.min(1, Math.max(0, (read(now) - (before === undefined ? 0 : read(before))) / spanMs));
  return {
    name: now.name,
    worker: now.worker,
    state: now.state,
    in: now.in,
    out: now.out,
    perSecond: (1000 * (flow(now) - (before === undefined ? 0 : flow(before)))) / spanMs,
    depth: now.depth,
    wait: latency(now.queueWait),
    handler: latency(now.onInput) ?? latency(now.onTick),
    busy: share(({ busyMs }) => busyMs),
    blocked: share(({ blockedMs }) => blockedMs),
    idle: share(({ idleMs }) => idleMs),
    drops: edgeDrops + now.droppedTicks + now.droppedPosts,
    restarts: now.restarts,
    progress: now.progress,
  };
}

function latency({ count, p50, p99 }: Quantiles): Latency | undefined {
  return count === 0 ? undefined : { p50, p99 };
}

function dropCount({ dropNewest, dropOldest, latest, nonBlocking, inactive, discarded }: Drops): number {
  return dropNewest + dropOldest + latest + nonBlocking + inactive + discarded;
}
