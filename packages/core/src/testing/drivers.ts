import type { RunReport, Run } from '../run/types.ts';
import type { Emission, Streams } from './played.ts';
import type { Placing, Scene } from './scene.ts';

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
  /** Whether the stage is imported on another thread. */
  readonly needsModule: boolean;
  run(scene: Scene, wanted: Wanted): Promise<Outcome>;
}

const inMain: Placing = { stage: 'main', player: 'main', workers: 1 };
const apart: Placing = { stage: { dedicated: true }, player: { dedicated: true }, workers: 1 };
const fused: Placing = { stage: { group: 'one' }, player: { group: 'one' }, workers: 1 };
const fromMain: Placing = { stage: { dedicated: true }, player: 'main', workers: 1 };

/** All ways to run a graph that must make no difference. */
export const drivers: readonly Driver[] = [
  { name: 'main', placing: inMain, needsModule: false, run: runOnThreads },
  { name: 'a thread of its own', placing: apart, needsModule: true, run: runOnThreads },
  { name: 'a thread, fused', placing: fused, needsModule: true, run: runOnThreads },
  { name: 'a thread, fed from main', placing: fromMain, needsModule: true, run: runOnThreads },
];

/** A run that takes longer has come to a standstill. */
const standstillMs = 8_000;

async function runOnThreads(scene: Scene, wanted: Wanted): Promise<Outcome> {
  return runScene(scene, (run) => takeAll(run, scene, wanted));
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
