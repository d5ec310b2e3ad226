/**
 * What somebody who watches costs a live run. Windows with and without the watcher take turns within one
 * run, so that whatever else differs (the process, its compiled code, what the machine does) meets both.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { PortName, Run } from '@troupe/core';
import { countOf, numberOf } from '../contender.ts';
import type { Load, Sample } from '../contender.ts';
import { median } from '../statistics.ts';
import { valuesGraph } from './fused.ts';
import { streamGraph } from './stream.ts';

/** How often whoever watches looks, in ms. */
const LOOK_MS = 100;
/** From a watcher's coming or going to the first frame that counts. */
const SETTLE_MS = 50;
const WARM_UP_MS = 1000;

/**
 * Parameters: `graph` (`stream` or `values`), `watcher` (`tap`, sampled, or `trace`), `pairs` (of windows),
 * `windowMs`.
 */
export async function measure(load: Load): Promise<Sample> {
  const endless = { warmUp: Number.MAX_SAFE_INTEGER, timed: 0 };
  const { declared, output } =
    load.parameters['graph'] === 'values' ? valuesGraph(endless) : streamGraph(load, endless);
  const watch = load.parameters['watcher'] === 'trace' ? traced : tapped;
  const windowMs = numberOf(load, 'windowMs');
  await using run = await declared.start();
  await delay(WARM_UP_MS);
  const window = async (): Promise<number> => {
    await delay(SETTLE_MS);
    return nsPerFrame(run, windowMs);
  };
  const watchedWindow = async (): Promise<number> => {
    const leave = watch(run, output);
    const ns = await window();
    leave();
    return ns;
  };
  const alone: number[] = [];
  const watched: number[] = [];
  for (let pair = 0; pair < countOf(load, numberOf(load, 'pairs')); pair++) {
    // Whoever comes first alternates: a machine that grows slower or faster favours neither.
    if (pair % 2 === 0) alone.push(await window());
    watched.push(await watchedWindow());
    if (pair % 2 === 1) alone.push(await window());
  }
  const costs = watched.map((ns, pair) => 100 * (ns / (alone[pair] as number) - 1));
  return { aloneNs: median(alone), watchedNs: median(watched), costPercent: median(costs) };
}

async function nsPerFrame(run: Run, windowMs: number): Promise<number> {
  const [fromMs, from] = progress(run);
  await delay(windowMs);
  const [toMs, to] = progress(run);
  return (1e6 * (toMs - fromMs)) / (to - from);
}

function progress(run: Run): readonly [ms: number, handled: number] {
  const sink = run.stats().stages.find(({ name }) => name === 'sink');
  if (sink === undefined) throw new Error('the graph has no sink');
  return [performance.now(), sink.handled];
}

function tapped(run: Run, output: PortName): () => void {
  const tap = run.tap(output, () => undefined, { everyMs: LOOK_MS });
  return () => tap.close();
}

function traced(run: Run): () => void {
  const trace = run.trace();
  const timer = setInterval(() => trace.read(() => undefined), LOOK_MS);
  return () => {
    clearInterval(timer);
    trace.stop();
  };
}
