import type { RunReport, Run } from '../../run/types.ts';
import type { Emission, Streams } from './played.ts';
import type { Placing, Scene } from './scene.ts';
import { simulate } from '../simulate.ts';
import type { Specimen } from './specimen.ts';
import { trialSeed } from './surroundings.ts';

/** How many of each output are wanted; `undefined`: all there are. */
export type Wanted = ReadonlyMap<string, number> | undefined;

/** What a scene has given. */
export interface Outcome {
  readonly streams: Streams;
  /** Why the run failed. */
  readonly failure: unknown;
  readonly report: RunReport | undefined;
}

/** A way to run a graph. */
export interface Driver {
  readonly name: string;
  readonly placing: Placing;
  suits(specimen: Specimen): boolean;
  run(scene: Scene, wanted: Wanted): Promise<Outcome>;
}

const inMain: Placing = { stage: 'main', player: 'main', workers: 1 };
const apart: Placing = { stage: { dedicated: true }, player: { dedicated: true }, workers: 1 };
const fused: Placing = { stage: { group: 'one' }, player: { group: 'one' }, workers: 1 };
const fromMain: Placing = { stage: { dedicated: true }, player: 'main', workers: 1 };

const anywhere: Placing = { stage: 'auto', player: 'auto', workers: 2 };

const always = (): boolean => true;
const isImported = ({ stage }: Specimen): boolean => stage.module !== undefined;
/** A simulation begins in the mode `idle`, and stays there. */
const isActiveAtStart = ({ mode }: Specimen): boolean => mode === 'idle';

/** The ways to run a graph on threads. */
export const threadDrivers: readonly Driver[] = [
  { name: 'main', placing: inMain, suits: always, run: runOnThreads },
  { name: 'a thread of its own', placing: apart, suits: isImported, run: runOnThreads },
  { name: 'a thread, fused', placing: fused, suits: isImported, run: runOnThreads },
  { name: 'a thread, fed from main', placing: fromMain, suits: isImported, run: runOnThreads },
];

/** All ways to run a graph that must make no difference. */
export const drivers: readonly Driver[] = [
  ...threadDrivers,
  simulated(0, inMain),
  ...[1, 2, 3].map((seed) => simulated(seed, anywhere)),
];

/** A run that takes longer has come to a standstill. */
const standstillMs = 8_000;

async function runOnThreads(scene: Scene, wanted: Wanted): Promise<Outcome> {
  return runScene(scene, (run) => takeAll(run, scene, wanted));
}

/** How far a run without ticks comes: many more steps than a script has. */
const simulatedMs = 100;

/** Threads that are simulated, with the interleaving that belongs to a seed. */
function simulated(seed: number, placing: Placing): Driver {
  return {
    name: `${placing === inMain ? 'simulated main' : 'simulated threads'} (seed ${seed})`,
    placing,
    // What a stage without module does outside is found in its options, which go to threads as copies.
    suits: (specimen) => isActiveAtStart(specimen) && (placing === inMain || isImported(specimen)),
    async run({ g, outputs, start }, wanted) {
      const { workers = 1, durationMs: untilMs = simulatedMs } = start;
      try {
        const options = { seed, runSeed: trialSeed, clock: 'fast', workers, untilMs } as const;
        const { error: failure, outputs: samples } = await simulate(g, options);
        const streams = new Map<string, readonly Emission[]>();
        for (const port of outputs) {
          const taken = (samples[port] ?? []).slice(0, wanted?.get(port));
          const data = taken.map(({ frame, value, time }) => ({ port, data: frame ?? value, time }));
          streams.set(port, data);
        }
        return { streams, failure, report: undefined };
      } catch (failure) {
        return { streams: new Map(), failure, report: undefined };
      }
    },
  };
}

/** Starts a scene, takes what it gives, and ends it. Never rejects. */
export async function runScene(scene: Scene, take: (run: Run) => Promise<Streams>): Promise<Outcome> {
  const { g, specimen, start } = scene;
  let run: Run | undefined;
  try {
    run = await g.start(start);
    if (specimen.mode !== run.modes.state) await run.modes.request(specimen.mode);
    const streams = await take(run);
    return { streams, failure: undefined, report: await run.done };
  } catch (failure) {
    await run?.stop().catch(() => undefined);
    return { streams: new Map(), failure, report: undefined };
  }
}

/** Takes what the outputs give, until they have ended or have given what is wanted. */
export async function takeAll(
  run: Run,
  { outputs }: Scene,
  wanted: Wanted,
  each?: () => Promise<void>,
): Promise<Streams> {
  const streams = new Map<string, Emission[]>();
  const take = async (port: string): Promise<void> => {
    const stream: Emission[] = [];
    streams.set(port, stream);
    const most = wanted === undefined ? Infinity : (wanted.get(port) ?? 0);
    while (stream.length < most) {
      const sample = await run.pull(port);
      if (sample === undefined) return;
      stream.push({ port, data: sample.frame ?? sample.value, time: sample.time });
      await each?.();
    }
  };
  const timer = Promise.withResolvers<never>();
  const limit = setTimeout(() => {
    timer.reject(new Error(`the run has not come to its end within ${standstillMs} ms`));
  }, standstillMs);
  try {
    const ends = [...outputs.map(take), ...(wanted === undefined ? [run.done] : [])];
    await Promise.race([Promise.all(ends), timer.promise]);
    if (wanted !== undefined) await run.stop();
  } finally {
    clearTimeout(limit);
  }
  return streams;
}
