import type { graph, PortName, Run, StartOptions } from '@troupe/core';
import type { Load, Sample } from '../contender.ts';

/** What the measuring stage of a benchmark graph logs, with its figures as fields. */
const TIMED = 'timed';

/** How often whoever watches looks, in ms. */
const LOOK_MS = 100;

/** The parameter `watched` of the load says how: `tapped` (sampled), `traced`, or not at all. */
interface Watching {
  readonly load: Load;
  readonly output: PortName;
}

/** Starts the graph, waits until one of its stages logs its figures, and stops it. */
export async function measuredRun(
  declared: ReturnType<typeof graph>,
  options: StartOptions,
  watching?: Watching,
): Promise<Sample> {
  const { promise, resolve, reject } = Promise.withResolvers<Sample>();
  const run = await declared.start({
    ...options,
    onLog: ({ message, fields }) => {
      if (message === TIMED) resolve(fields as Sample);
    },
  });
  run.done.then(() => reject(new Error('the run ended without a figure')), reject);
  const leave = watching === undefined ? undefined : watch(run, watching);
  const sample = await promise;
  leave?.();
  await run.stop();
  return sample;
}

function watch(run: Run, { load, output }: Watching): () => void {
  const { watched } = load.parameters;
  if (watched === 'tapped') {
    const tap = run.tap(output, () => undefined, { everyMs: LOOK_MS });
    return () => tap.close();
  }
  if (watched !== 'traced') return () => undefined;
  const trace = run.trace();
  const timer = setInterval(() => trace.read(() => undefined), LOOK_MS);
  return () => clearInterval(timer);
}
