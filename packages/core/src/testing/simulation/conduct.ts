import type { GraphDeclaration } from '../../plan/types.ts';
import { startRun } from '../../run/start.ts';
import type { Run, StartOptions } from '../../run/types.ts';
import { Faults } from './faults.ts';
import type { FaultOptions } from './faults.ts';
import type { Noise } from './noise.ts';
import { guarded } from './simulated-stages.ts';
import { Simulation } from './simulation.ts';
import { Trace } from './trace.ts';
import { Watch } from './watch.ts';

/** How long what nothing but the world can bring about is waited for, in real ms. */
const patienceMs = 2_000;
/** How many points nobody needs to come to rest at one time. */
export const pointsMax = 20_000;
/** How many turns of the event loop may bring something about that no thread waits for. */
const turnsMax = 50;

/** What is wrong with a graph that never comes to rest. */
export const restless: string = `after ${pointsMax} points at one time the graph has still not come to rest`;

export interface Conducted {
  readonly simulation: Simulation;
  readonly watch: Watch;
  readonly starting: Promise<Run>;
}

/** Starts a graph in a simulation; somebody has to lead it from there. */
export function conduct(
  declaration: GraphDeclaration,
  options: StartOptions,
  given: {
    readonly seed: number;
    readonly faults: FaultOptions;
    readonly noise: Noise;
    readonly trace: number;
  },
): Conducted {
  const faults = new Faults(given.seed, given.faults);
  const watch = new Watch(given.seed, faults);
  const simulated = guarded(declaration, (context) => watch.guard(context));
  const stages = new Map(simulated.stages.map(({ name, stage }) => [name, stage]));
  const simulation = new Simulation({
    noise: given.noise,
    trace: new Trace(given.trace),
    stageOf: (name) => {
      const stage = stages.get(name);
      if (stage === undefined) throw new Error(`there is no stage '${name}'`);
      return stage;
    },
    onBegin: (ground) => watch.begin(ground),
    onLost: (worker) => watch.lose(worker),
    isKilled: (thread) => faults.isKilled(thread.index, { step: simulation.step, atMs: simulation.timeMs }),
  });
  watch.simulation = simulation;
  const starting = startRun(simulated, options, undefined, simulation);
  return { simulation, watch, starting };
}

/** What is known of the first use of modes is loaded before: no simulation waits for files. */
export async function warmUp(): Promise<void> {
  await Promise.all([import('../../modes/rules.ts'), import('../../modes/machine.ts'), import('xstate')]);
}

/**
 * Leads a simulation until `isOver`, or until nothing can go on: then resolves false. `onPoint`: after each
 * point; `onRest`: nobody can go on at this time; whether something has been done about it.
 */
export async function lead(
  { simulation, watch }: Conducted,
  given: {
    readonly isOver: () => boolean;
    readonly onPoint?: () => void;
    readonly onRest?: () => boolean;
    /** No later than this. */
    readonly untilMs?: () => number;
  },
): Promise<boolean> {
  let turns = 0;
  let points = 0;
  let timeMs = -1;
  let sinceMs = 0;
  while (!given.isOver()) {
    if (watch.violation !== undefined) throw watch.violation;
    if (simulation.wantsTurn) {
      await simulation.settle();
      continue;
    }
    if (simulation.point()) {
      points = simulation.timeMs === timeMs ? points + 1 : 0;
      timeMs = simulation.timeMs;
      if (points >= pointsMax) throw watch.report('NO_REST', restless);
      if (simulation.isIdle) throw watch.report('NO_PROGRESS', 'for a minute nothing but timers has gone on');
      turns = 0;
      sinceMs = 0;
      given.onPoint?.();
      continue;
    }
    // Nobody who may have been asked for something by a promise is left out.
    if (turns === 0) {
      turns++;
      await simulation.settle();
      continue;
    }
    watch.atRest();
    if (given.onRest?.() === true) {
      turns = 0;
      continue;
    }
    const nextMs = simulation.nextMs();
    if (nextMs <= (given.untilMs?.() ?? Infinity) && nextMs < Infinity) {
      simulation.goTo(Math.max(nextMs, simulation.timeMs));
      turns = 0;
      continue;
    }
    if (turns++ < turnsMax) {
      await simulation.settle();
      continue;
    }
    if (!simulation.isAwaiting) return false;
    sinceMs ||= performance.now();
    if (performance.now() - sinceMs > patienceMs) return false;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  if (watch.violation !== undefined) throw watch.violation;
  return true;
}
