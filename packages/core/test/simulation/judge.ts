/** Simulates a graph with a seed, and says what has come out that must not, or not come out that must. */
import { simulate } from '@troupe/core/testing';
import type { SimulationReport } from '@troupe/core/testing';
import type { Shape } from './moods.ts';

/** What the simulation does not know: what the numbers mean. */
class Misfit extends Error {
  override readonly name = 'Misfit';
}

type Samples = SimulationReport['outputs'][string];

/** Simulates it. Throws `SimulationError`, or `Misfit`. */
export async function judge(shape: Shape, seed: number): Promise<SimulationReport> {
  const report = await simulate(shape.build(seed), shape.options(seed));
  const complain = (what: string): never => {
    throw new Misfit(`${what} (${shape.name}, seed ${seed})`, { cause: report.error });
  };
  if (report.reason === 'failed') complain(`the run has failed: ${report.error?.message}`);
  for (const [port, samples] of Object.entries(report.outputs)) {
    const repeated = firstRepeated(samples, shape.sourceOf ?? (() => 0), shape.isRepeating === true);
    if (repeated !== undefined) complain(`${repeated} came again by '${port}', and was not marked`);
  }
  // What a stop at once cuts off is lost, and so is what a reader did not wait for.
  if (report.faults.some(({ kind }) => kind === 'stop' || kind === 'detach')) return report;
  for (const [port, expected] of Object.entries(shape.expected)) {
    const there = new Set(report.outputs[port]?.map(numberOf));
    const missing = expected(report.pushed).find((value) => !there.has(value));
    if (missing !== undefined) complain(`${missing} has not come out by '${port}'`);
  }
  const wrong = shape.check?.(report, seed);
  if (wrong !== undefined) complain(wrong);
  return report;
}

function numberOf({ frame, value }: Samples[number]): number {
  return frame === undefined ? (value as number) : (frame[0] as number);
}

/** The first number that comes again, or late, without a mark. */
function firstRepeated(
  samples: Samples,
  sourceOf: (value: number) => number,
  isRepeating: boolean,
): number | undefined {
  if (isRepeating) return undefined;
  const next = new Map<number, number>();
  for (const sample of samples) {
    const value = numberOf(sample);
    const source = sourceOf(value);
    const size = Math.abs(value);
    if (size < (next.get(source) ?? 0) && !sample.redelivered) return value;
    next.set(source, Math.max(size + 1, next.get(source) ?? 0));
  }
  return undefined;
}
