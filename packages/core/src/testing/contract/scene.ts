import { graph } from '../../graph.ts';
import type { Graph } from '../../graph.ts';
import type { Placement } from '../../plan/types.ts';
import type { FramePort } from '../../ports.ts';
import type { AnyStage } from '../../stage.ts';
import type { StartOptions } from '../../run/types.ts';
import { plainPort, player } from './player.ts';
import type { PlayerOptions } from './player.ts';
import { timingsOf } from './script.ts';
import type { PlayOptions, Specimen } from './specimen.ts';
import { eventNames, trialName, trialSeed } from './surroundings.ts';
import type { Trial } from './trials.ts';

/** Where the two stages of a scene run. */
export interface Placing {
  readonly stage: Placement;
  readonly player: Placement;
  readonly workers: number;
}

/** How a scene is wired. */
export interface Wiring {
  /** Of the edges into the stage. The least that the plan allows unless given. */
  readonly capacity?: number;
  /** Whether each output also has a second reader, `loose <port>`, that may be detached. */
  readonly hasLoose?: boolean;
}

/**
 * A graph in which a stage meets a script: a player, the stage, and a boundary output for each of its
 * ports.
 */
export interface Scene {
  readonly g: Graph;
  readonly start: StartOptions;
  readonly specimen: Specimen;
  readonly options: PlayOptions;
  /** Names of the boundary outputs, which are those of the ports. */
  readonly outputs: readonly string[];
}

export function sceneOf(specimen: Specimen, trial: Trial, placing: Placing, wiring: Wiring): Scene {
  const { stage, given } = specimen;
  const g = graph('contract');
  const options = specimen.options();
  const tick = trial.hz === undefined ? {} : { tick: { hz: trial.hz } };
  for (const name of eventNames(stage)) g.event(name);
  for (const [name, port] of latchesOf(stage)) g.latch(name, port);
  const ref = g.stage(trialName, stage, {
    ...(stage.options === undefined ? {} : { options: options.raw }),
    ...tick,
    worker: placing.stage,
    whileInactive: 'hold',
    events: Object.fromEntries(eventNames(stage).map((name) => [name, name])),
    latches: Object.fromEntries(latchesOf(stage).map(([name]) => [name, name])),
    supervision:
      given.refuses === undefined
        ? { strategy: 'escalate' }
        : { strategy: 'resume', triesMax: 1, backoffMs: 1 },
  });
  if (specimen.inputs.size > 0) {
    const part = playerOptions(specimen, trial);
    const source = g.stage('player', player, {
      options: part,
      worker: placing.player,
      ...(trial.hz === undefined ? {} : { tick: { hz: trial.hz, phase: 'acquisition' as const } }),
    });
    const least = part.isTicking ? Math.max(1, ...part.rounds.map(({ length }) => length)) : 1;
    const capacity = Math.max(least, wiring.capacity ?? 1);
    for (const name of specimen.inputs.keys()) {
      g.connect(source.out[name] as never, ref.in[name] as never, { capacity });
    }
  }
  for (const [name, { maxEmit }] of specimen.outputs) {
    const capacity = Math.max(maxEmit, wiring.capacity ?? 1);
    g.output(name, ref.out[name] as never, { capacity });
    if (wiring.hasLoose === true) g.output(looseName(name), ref.out[name] as never, { capacity });
  }
  const ticks = trial.script.filter(({ kind }) => kind === 'tick').length;
  const durationMs = trial.hz === undefined ? {} : { durationMs: Math.floor((ticks * 1e9) / trial.hz) / 1e6 };
  const start = { clock: 'fast', workers: placing.workers, seed: trialSeed, ...durationMs } as const;
  return {
    g,
    specimen,
    options,
    outputs: [...specimen.outputs.keys()],
    start: { ...start, onLog: () => undefined },
  };
}

/** The boundary output of a port that may be detached. */
export function looseName(port: string): string {
  return `loose-${port}`;
}

function latchesOf({ latches }: AnyStage): readonly [string, FramePort][] {
  return Object.entries(latches ?? {});
}

function playerOptions(specimen: Specimen, { script, hz }: Trial): PlayerOptions {
  const timings = timingsOf(script, hz);
  const rounds: PlayerOptions['rounds'][number][number][][] = [[]];
  script.forEach((step, i) => {
    if (step.kind === 'tick') rounds.push([]);
    if (step.kind !== 'input') return;
    rounds.at(-1)?.push({ port: step.port, data: step.data, time: timings[i]?.time ?? 0 });
  });
  const ports = Object.fromEntries([...specimen.inputs].map(([name, port]) => [name, plainPort(port)]));
  return { ports, rounds, isTicking: hz !== undefined };
}
